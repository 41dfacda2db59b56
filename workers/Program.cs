using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spark.Temporal.Workers;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(WorkerSettings.Help);
    return 0;
}

// Keys and addresses of a working folder; what the environment says already wins.
DotNetEnv.Env.NoClobber().TraversePath().Load();

try
{
    var configuration = WorkerSettings.Load(args, Environment.GetEnvironmentVariables());
    var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
    builder.Configuration.AddConfiguration(configuration);
    builder.Logging.AddConfiguration(configuration.GetSection("Logging")).AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.UseUtcTimestamp = true;
        console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
    });
    builder.Services.AddSparkWorkers(configuration).AddSparkTelemetry();
    using var host = builder.Build();
    await host.RunAsync();
    return host.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(service => service.ExecuteTask is { IsFaulted: true }) ? 1 : 0;
}
catch (OptionsValidationException mistake)
{
    Console.Error.WriteLine($"spark-worker: {string.Join("; ", mistake.Failures)}");
    return 2;
}
catch (FormatException mistake)
{
    Console.Error.WriteLine($"spark-worker: {mistake.Message}");
    return 2;
}

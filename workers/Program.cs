using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Wire;
using Spark.Temporal.Workers;
using Temporalio.Client;
using Temporalio.Exceptions;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(WorkerSettings.Help);
    return 0;
}

if (args is ["--version"])
{
    Console.WriteLine(ProductVersion.Full);
    return 0;
}

var (probes, lists) = (args.Contains(ProbeMode.Option), args.Contains(ModelsMode.Option));
args = [.. args.Where(argument => argument is not (ProbeMode.Option or ModelsMode.Option))];

// Keys and addresses of a working folder; variables that are already set win.
DotNetEnv.Env.NoClobber().TraversePath().Load();

try
{
    var configuration = WorkerSettings.Load(args, Environment.GetEnvironmentVariables());

    // Before anything is logged: all output of this process goes through the redactor.
    var redactor = Secrets.RedactorFor(configuration);
    Console.SetOut(new RedactingWriter(Console.Out, redactor));
    Console.SetError(new RedactingWriter(Console.Error, redactor));
    if (lists)
    {
        return ModelsMode.Run(configuration, redactor);
    }

    if (probes)
    {
        return await ProbeMode.RunAsync(configuration, redactor);
    }

    var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
    builder.Configuration.AddConfiguration(configuration).AddInMemoryCollection(Telemetry.Settings());
    builder.Logging.AddConfiguration(configuration.GetSection("Logging")).AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.UseUtcTimestamp = true;
        console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
    });
    builder.Services.AddSingleton(redactor).AddSparkWorkers(configuration).AddSparkTelemetry();
    using var host = builder.Build();

    // Settings are checked before the server is called: a missing server must not hide a wrong setting.
    if (host.Services.GetService<IAsyncStartupValidator>() is { } settings)
    {
        await settings.ValidateAsync(CancellationToken.None);
    }

    var log = host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Spark.Temporal.Workers");
    foreach (var doubt in Secrets.Doubts(
        host.Services.GetRequiredService<IOptions<WorkerOptions>>().Value, host.Services.GetRequiredService<IOptions<LlmOptions>>().Value, Environment.GetEnvironmentVariables()))
    {
        log.LogWarning("{Doubt}", doubt);
    }

    await ConnectAsync(host.Services.GetRequiredService<ITemporalClient>(), TimeSpan.FromSeconds(host.Services.GetRequiredService<IOptions<WorkerOptions>>().Value.AwaitServerSec));
    using var signals = ProcessEnd.AtSecondSignal();
    List<BackgroundService> services = [.. host.Services.GetServices<IHostedService>().OfType<BackgroundService>()];
    await host.RunAsync();
    return services.Any(service => service.ExecuteTask is { IsFaulted: true }) ? 1 : 0;
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
catch (IOException failure)
{
    Console.Error.WriteLine($"spark-worker: {failure.Message}");
    return 1;
}

// A worker that a command starts beside its server waits until that answers and has its namespace.
static async Task ConnectAsync(ITemporalClient client, TimeSpan patience)
{
    var since = TimeProvider.System.GetTimestamp();
    while (true)
    {
        try
        {
            await client.Connection.ConnectAsync();
            if (patience > TimeSpan.Zero)
            {
                await client.WorkflowService.DescribeNamespaceAsync(new() { Namespace = client.Options.Namespace }, new() { Retry = false });
            }

            return;
        }
        catch (Exception failure) when (failure is InvalidOperationException or RpcException)
        {
            if (TimeProvider.System.GetElapsedTime(since) >= patience)
            {
                throw new IOException($"no Temporal server answers at {client.Connection.Options.TargetHost}: {failure.Message}", failure);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }
}

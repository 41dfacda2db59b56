using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Wire;
using Spark.Temporal.Wire.Encryption;
using Temporalio.Client;
using Temporalio.Common.EnvConfig;

namespace Spark.Temporal.Workers;

/// <summary>The connection to the server.</summary>
internal static class ClientRegistration
{
    /// <summary>Adds a client for the server that the SDK's environment configuration names, else the development server.</summary>
    public static IServiceCollection AddSparkClient(this IServiceCollection services)
    {
        services.TryAddSingleton<ITemporalClient>(provider =>
        {
            var keys = EncryptionKeys.Load(provider.GetRequiredService<IOptions<WorkerOptions>>().Value.EncryptionKeys, File.ReadAllText);
            var options = ServerConnection.Complete(
                ServerConnection.Given(() => ClientEnvConfig.LoadClientConnectOptions(), Environment.GetEnvironmentVariable, File.Exists), Development(), keys);
            options.DataConverter = provider.GetRequiredService<SecretRedactor>().Around(options.DataConverter);

            // Short, because it is in most events of every history.
            options.Identity = $"{Environment.ProcessId}@{Environment.MachineName}";
            options.LoggerFactory = provider.GetRequiredService<ILoggerFactory>();
            options.Runtime = Telemetry.Runtime();
            return TemporalClient.CreateLazy(options);
        });
        return services;
    }

    private static DevSettings Development()
    {
        string[] places = [Path.GetFullPath(DevSettings.FileName), Path.Combine(AppContext.BaseDirectory, DevSettings.FileName)];
        return places.FirstOrDefault(File.Exists) is { } path ? DevSettings.Parse(File.ReadAllText(path), path) : new DevSettings();
    }
}

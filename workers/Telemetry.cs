using System.Collections;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Wire;
using Temporalio.Runtime;

namespace Spark.Temporal.Workers;

/// <summary>
/// Traces of workflows and activities, logs, and the SDK's metrics, sent by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set;
/// the other <c>OTEL_…</c> variables have their usual meaning.
/// </summary>
internal static class Telemetry
{
    private static string? Endpoint => Variable("OTEL_EXPORTER_OTLP_ENDPOINT");

    private static bool OverHttp => Variable("OTEL_EXPORTER_OTLP_PROTOCOL") == "http/protobuf";

    /// <summary>The <c>OTEL_…</c> variables as settings: the exporters read those of the host, which has no variables of its own.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Settings() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Where(variable => ((string)variable.Key).StartsWith("OTEL_", StringComparison.Ordinal))
        .Select(variable => KeyValuePair.Create((string)variable.Key, (string?)variable.Value));

    public static IServiceCollection AddSparkTelemetry(this IServiceCollection services)
    {
        if (Endpoint is null)
        {
            return services;
        }

        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(Variable("OTEL_SERVICE_NAME") ?? "spark-worker", serviceVersion: ProductVersion.Number))
            .WithTracing(tracing => tracing
                .AddSource(TracingInterceptor.SourceName)
                .AddProcessor(provider => new RedactingProcessor(provider.GetRequiredService<SecretRedactor>()))
                .AddOtlpExporter())
            .WithLogging(
                logging => logging
                    .AddProcessor(provider => new RedactingLogProcessor(provider.GetRequiredService<SecretRedactor>()))
                    .AddOtlpExporter(),
                options => options.IncludeFormattedMessage = true);
        return services;
    }

    /// <summary>A runtime of the SDK that exports metrics, null for the default one.</summary>
    public static TemporalRuntime? Runtime() => Endpoint is not { } endpoint ? null : new TemporalRuntime(new TemporalRuntimeOptions
    {
        Telemetry = new()
        {
            Metrics = new MetricsOptions(new OpenTelemetryOptions(OverHttp ? $"{endpoint.TrimEnd('/')}/v1/metrics" : endpoint)
            {
                Protocol = OverHttp ? OpenTelemetryProtocol.Http : OpenTelemetryProtocol.Grpc,
            })
            {
                GlobalTags = [new("service_name", Variable("OTEL_SERVICE_NAME") ?? "spark-worker")],
            },
        },
    });

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

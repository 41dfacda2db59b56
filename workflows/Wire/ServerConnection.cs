using Temporalio.Client;

namespace Spark.Temporal.Workflows.Wire;

/// <summary>What every client shares, whichever server it talks to.</summary>
public static class ServerConnection
{
    /// <summary>
    /// Completes options that the SDK's environment configuration gave (<c>TEMPORAL_ADDRESS</c>, <c>TEMPORAL_NAMESPACE</c>,
    /// <c>TEMPORAL_API_KEY</c>, TLS): where they name no server, the development settings do.
    /// </summary>
    public static TemporalClientConnectOptions Complete(TemporalClientConnectOptions given, DevSettings development)
    {
        if (string.IsNullOrEmpty(given.TargetHost))
        {
            given.TargetHost = $"{development.Ip}:{development.Port}";
            given.Namespace = development.Namespace;
        }

        given.DataConverter = SparkJson.DataConverter;
        given.Interceptors = [new TracingInterceptor()];
        return given;
    }
}

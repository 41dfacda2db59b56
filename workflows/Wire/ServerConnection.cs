using Spark.Temporal.Workflows.Wire.Encryption;
using Temporalio.Client;

namespace Spark.Temporal.Workflows.Wire;

/// <summary>What every client shares, whichever server it talks to.</summary>
public static class ServerConnection
{
    /// <summary>
    /// Completes options that the SDK's environment configuration gave (<c>TEMPORAL_ADDRESS</c>, <c>TEMPORAL_NAMESPACE</c>,
    /// <c>TEMPORAL_API_KEY</c>, TLS): where they name no server, the development settings do.
    /// </summary>
    /// <param name="given">Options so far.</param>
    /// <param name="development">The development settings.</param>
    /// <param name="keys">What payloads are encrypted with, null for no encryption.</param>
    public static TemporalClientConnectOptions Complete(
        TemporalClientConnectOptions given, DevSettings development, EncryptionKeys? keys)
    {
        if (string.IsNullOrEmpty(given.TargetHost))
        {
            given.TargetHost = $"{development.Ip}:{development.Port}";
            given.Namespace = development.Namespace;
        }

        given.DataConverter = SparkJson.ConverterFor(keys);
        given.Interceptors = [new TracingInterceptor()];
        return given;
    }
}

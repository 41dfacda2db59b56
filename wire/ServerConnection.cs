using Spark.Temporal.Wire.Encryption;
using Temporalio.Client;

namespace Spark.Temporal.Wire;

/// <summary>What every client shares, whichever server it talks to.</summary>
public static class ServerConnection
{
    private const string Certificate = "TEMPORAL_TLS_CLIENT_CERT_PATH";

    private const string CertificateKey = "TEMPORAL_TLS_CLIENT_KEY_PATH";

    private static readonly string[] Files = [Certificate, CertificateKey, "TEMPORAL_TLS_SERVER_CA_CERT_PATH", "TEMPORAL_CONFIG_FILE"];

    /// <summary>The options that environment and configuration file give, with an error that names the variable where they cannot be used.</summary>
    /// <param name="load">Reads them, by the SDK's rules.</param>
    /// <param name="variable">Value of an environment variable.</param>
    /// <param name="exists">Whether there is such a file.</param>
    /// <exception cref="FormatException">Says what is wrong and the remedy.</exception>
    public static TemporalClientConnectOptions Given(Func<TemporalClientConnectOptions> load, Func<string, string?> variable, Func<string, bool> exists)
    {
        foreach (var name in Files)
        {
            if (variable(name) is { Length: > 0 } path && !exists(path))
            {
                throw new FormatException($"{name} names {path}, and there is no such file; fix the path, or unset the variable");
            }
        }

        TemporalClientConnectOptions given;
        try
        {
            given = load();
        }
        catch (Exception mistake) when (mistake is IOException or UnauthorizedAccessException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException(
                $"the settings of the Temporal server (TEMPORAL_… variables, or the file that TEMPORAL_CONFIG_FILE names) cannot be used: {mistake.Message.ReplaceLineEndings(" ").Trim()}", mistake);
        }

        return given.Tls is { } tls && tls.ClientCert is null != tls.ClientPrivateKey is null
            ? throw new FormatException(
                $"the Temporal server is given a client certificate without its key, or a key without its certificate; set both {Certificate} and {CertificateKey} (or the _DATA variables), or neither")
            : given;
    }

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

        given.DataConverter = SparkConverter.With(keys);
        given.Interceptors = [new TracingInterceptor()];
        return given;
    }
}

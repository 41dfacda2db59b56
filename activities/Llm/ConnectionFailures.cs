using System.Net.Sockets;
using System.Security.Authentication;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Says what a connection that failed means, and whether it can pass by itself.</summary>
internal static class ConnectionFailures
{
    /// <summary>Reads an exception of the HTTP client.</summary>
    /// <param name="failure">The exception, with its causes.</param>
    /// <param name="request">What was to be sent.</param>
    public static ChatConnectionException From(Exception failure, ChatHttpRequest request)
    {
        var causes = Causes(failure).ToList();
        var words = causes[^1].Message;
        var errors = causes.OfType<HttpRequestException>().Select(cause => cause.HttpRequestError).ToList();

        // An endpoint that breaks off in the middle of the handshake may be back in a moment; a certificate or a protocol stays wrong.
        if (causes.OfType<AuthenticationException>().FirstOrDefault() is { } refused)
        {
            return new ChatConnectionException(
                $"No secure connection to {request.BaseUrl}: {refused.Message} {TlsRemedy(refused)}", sent: false, final: true);
        }

        if (errors.Contains(HttpRequestError.NameResolutionError))
        {
            return new ChatConnectionException(
                $"The name '{request.BaseUrl.Host}' cannot be resolved: {words}. Check the BaseUrl of the profile (OPENAI_BASE_URL for the default one); "
                + "if it is right, the name service or the network of the worker's host is away.",
                sent: false);
        }

        if (errors.Contains(HttpRequestError.ProxyTunnelError))
        {
            return new ChatConnectionException(
                $"The proxy between this worker and {request.BaseUrl} refuses the connection: {words} "
                + "Check HTTPS_PROXY and NO_PROXY in the worker's environment.",
                sent: false,
                final: words.Contains("407", StringComparison.Ordinal) || words.Contains("403", StringComparison.Ordinal));
        }

        var unsent = errors.Any(error => error is HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError)
            && !causes.OfType<SocketException>().Any(cause => cause.SocketErrorCode is SocketError.ConnectionReset);
        return new ChatConnectionException($"The connection to {request.BaseUrl} broke: {words}", sent: !unsent);
    }

    private static string TlsRemedy(AuthenticationException refused) =>
        refused.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase)
            ? "The worker does not trust the endpoint's certificate: it is self-made, expired, for another name, or a proxy's. Add its authority to the "
                + "certificates of the worker's host (or to the file that SSL_CERT_FILE names), check the host's clock, or correct the BaseUrl of the profile."
            : "The address may speak no TLS: check whether the BaseUrl of the profile begins with http:// or https://, and its port.";

    private static IEnumerable<Exception> Causes(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}

using System.Net;
using Spark.Temporal.Tests.Support.Endpoints;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>What HTTP_PROXY is to a worker. It is read once for a process, so that a test sets what was read.</summary>
internal sealed class ProxyScope : IDisposable
{
    private readonly IWebProxy _before = HttpClient.DefaultProxy;

    private ProxyScope(string address) => HttpClient.DefaultProxy = new WebProxy(address) { BypassProxyOnLocal = false };

    /// <summary>Sends what is for the host of a kind to its stand-in; null for a kind without a host of its own.</summary>
    public static ProxyScope? Of(EndpointKind kind, EndpointServer server) => kind.Host is null ? null : new ProxyScope(server.Origin);

    public void Dispose() => HttpClient.DefaultProxy = _before;
}

namespace Spark.Temporal.Starter.Web;

/// <summary>Where a server listens, and under which names it answers.</summary>
/// <param name="Bind">An address or a name of this machine; <c>*</c> and <c>::</c> for all of its addresses.</param>
/// <param name="Hosts">Names that requests may use for it; <c>*</c> for any.</param>
/// <param name="Port">The port; 0 for a free one.</param>
internal sealed record WebAddress(string Bind, IReadOnlyList<string> Hosts, int Port)
{
    /// <summary>The loopback address, under this machine's own names.</summary>
    public static WebAddress Loopback(int port) => new("127.0.0.1", ["127.0.0.1", "localhost"], port);

    /// <summary>Whether a request may call the server by this name.</summary>
    public bool IsNamed(string host) => Hosts.Any(known => known == "*" || Bare(known).Equals(Bare(host), StringComparison.OrdinalIgnoreCase));

    private static string Bare(string host) => host.Trim('[', ']');
}

namespace Spark.Temporal.Domain.Tasks;

/// <summary>Hosts that may be reached from an allowlisted network: names, <c>*.name</c> for all below it, addresses, each with or without a port.</summary>
public static class AllowedHosts
{
    /// <summary>Whether a list lets a connection pass.</summary>
    /// <param name="allowed">The list.</param>
    /// <param name="host">Name or address that is asked for.</param>
    /// <param name="port">Port that is asked for.</param>
    public static bool Contains(IReadOnlyList<string> allowed, string host, int port)
    {
        var asked = Plain(host);
        return allowed.Any(entry =>
        {
            var (name, only) = Split(entry);
            return (only is null || only == port)
                && (name.StartsWith("*.", StringComparison.Ordinal)
                    ? asked.EndsWith(name[1..], StringComparison.Ordinal) && asked.Length > name.Length - 1
                    : asked == name);
        });
    }

    /// <summary>Whether an entry of a list can be understood.</summary>
    public static bool IsEntry(string entry)
    {
        var (name, port) = Split(entry);
        var bare = name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name;
        return port is null or (> 0 and <= 65_535) && bare.Length > 0 && Uri.CheckHostName(bare) != UriHostNameType.Unknown;
    }

    /// <summary>Lower case, without the dot that ends a full name and the brackets of an address.</summary>
    private static string Plain(string host) => host.TrimEnd('.').Trim('[', ']').ToLowerInvariant();

    private static (string Name, int? Port) Split(string entry)
    {
        var colon = entry.LastIndexOf(':');
        var hasPort = colon > 0 && (entry.IndexOf(':') == colon || entry[colon - 1] == ']');
        return hasPort
            ? (Plain(entry[..colon]), int.TryParse(entry.AsSpan(colon + 1), out var port) ? port : -1)
            : (Plain(entry), null);
    }
}

using System.Globalization;
using System.Text;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>The head of a request to a proxy.</summary>
/// <param name="Host">Host that is asked for.</param>
/// <param name="Port">Its port.</param>
/// <param name="IsTunnel">Whether it is a <c>CONNECT</c>.</param>
/// <param name="Credentials">Name and password of <c>Proxy-Authorization</c>; null for none.</param>
/// <param name="Forward">What is sent on to the host: the request without what is meant for the proxy, and what came behind it.</param>
internal sealed record ProxyRequestHead(string Host, int Port, bool IsTunnel, (string Name, string Password)? Credentials, byte[] Forward)
{
    private static readonly byte[] End = "\r\n\r\n"u8.ToArray();

    /// <summary>Reads a head.</summary>
    /// <returns>Null where what comes is none, or is too long.</returns>
    public static async Task<ProxyRequestHead?> ReadAsync(Stream stream, int mostBytes, CancellationToken cancellationToken)
    {
        var held = new byte[mostBytes];
        var length = 0;
        int end;
        while ((end = held.AsSpan(0, length).IndexOf(End)) < 0)
        {
            var read = length == held.Length ? 0 : await stream.ReadAsync(held.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                return null;
            }

            length += read;
        }

        return Parse(Encoding.Latin1.GetString(held, 0, end), held.AsSpan(end + End.Length, length - end - End.Length));
    }

    private static ProxyRequestHead? Parse(string head, ReadOnlySpan<byte> behind)
    {
        var lines = head.Split("\r\n");
        if (lines[0].Split(' ') is not [var method, var target, var version])
        {
            return null;
        }

        var credentials = lines.Skip(1).Select(Credential).FirstOrDefault(found => found is not null);
        if (method == "CONNECT")
        {
            return Uri.TryCreate($"tcp://{target}", UriKind.Absolute, out var tunnel) && tunnel.Port > 0
                ? new ProxyRequestHead(tunnel.IdnHost, tunnel.Port, true, credentials, behind.ToArray())
                : null;
        }

        if (!Uri.TryCreate(target, UriKind.Absolute, out var uri) || uri.Scheme != "http")
        {
            return null;
        }

        // One request to a connection: the next one may ask for another host. And the host is the one that was judged, whatever the header says.
        var kept = lines.Skip(1).Where(line => !Is(line, "proxy-authorization") && !Is(line, "proxy-connection") && !Is(line, "connection") && !Is(line, "host"));
        var text = $"{method} {uri.PathAndQuery} {version}\r\nHost: {uri.Authority}\r\n{string.Concat(kept.Select(line => line + "\r\n"))}Connection: close\r\n\r\n";
        return new ProxyRequestHead(uri.IdnHost, uri.Port, false, credentials, [.. Encoding.Latin1.GetBytes(text), .. behind]);
    }

    private static (string Name, string Password)? Credential(string line)
    {
        const string basic = "basic ";
        if (!Is(line, "proxy-authorization") || line[(line.IndexOf(':') + 1)..].Trim() is not { } value || !value.StartsWith(basic, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var said = new byte[value.Length];
        return Convert.TryFromBase64String(value[basic.Length..].Trim(), said, out var length) && Encoding.UTF8.GetString(said, 0, length).Split(':', 2) is [var name, var password]
            ? (name, password)
            : null;
    }

    private static bool Is(string line, string header) =>
        line.Length > header.Length && line[header.Length] == ':' && line.StartsWith(header, true, CultureInfo.InvariantCulture);
}

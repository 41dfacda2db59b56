using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>
/// Who may look. On this machine's own address: every request under that name. A foreign page whose name was made to point
/// here uses another name and is refused. On any other address: only requests with the token, once in the address, then in a cookie.
/// </summary>
internal sealed record DashboardAccess
{
    private const string Cookie = "spark-dashboard";

    private DashboardAccess(string bind, string? token) => (Bind, Token) = (bind, token);

    /// <summary>Address it listens on.</summary>
    public string Bind { get; }

    /// <summary>The token that every request must bring; null on this machine's own address.</summary>
    public string? Token { get; }

    public bool Local => Token is null;

    /// <summary>Names of this machine in an address.</summary>
    public string Host => Bind is "0.0.0.0" or "*" or "::" or "localhost" ? "127.0.0.1" : IPAddress.Parse(Bind) is { AddressFamily: AddressFamily.InterNetworkV6 } ? $"[{Bind}]" : Bind;

    /// <exception cref="CliException">The address is not valid, or the token could be guessed.</exception>
    public static DashboardAccess Of(string? bind, string? token)
    {
        if (bind is not (null or "localhost" or "*") && !IPAddress.TryParse(bind, out _))
        {
            throw new CliException($"--bind {bind} is not an address; use 127.0.0.1, 0.0.0.0 or an address of this machine", ExitCodes.Usage);
        }

        if (token is { Length: < 12 })
        {
            throw new CliException("--token has fewer than 12 characters; give a longer one, or leave it out and one is made", ExitCodes.Usage);
        }

        var local = bind is null or "localhost" || (IPAddress.TryParse(bind, out var address) && IPAddress.IsLoopback(address));
        return new DashboardAccess(bind ?? "127.0.0.1", token ?? (local ? null : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))));
    }

    /// <summary>Names that it answers to; <c>*</c> for any, where the token alone decides.</summary>
    public IReadOnlyList<string> Hosts => Bind is "0.0.0.0" or "*" or "::" ? ["*"] : Host == "127.0.0.1" ? ["127.0.0.1", "localhost"] : [Host];

    public bool Allows(HttpRequest request)
    {
        var bearer = request.Headers.Authorization.ToString() is var header && header.StartsWith("Bearer ", StringComparison.Ordinal) ? header[7..] : null;
        return Token is null || Same(request.Query["token"]) || Same(request.Cookies[Cookie]) || Same(bearer);
    }

    /// <summary>Cookie for a browser that brought the token in the address; null where it did not.</summary>
    public string? CookieFor(HttpRequest request) =>
        Token is not null && Same(request.Query["token"]) ? $"{Cookie}={Uri.EscapeDataString(Token)}; Path=/; HttpOnly; SameSite=Strict" : null;

    private bool Same(string? given) =>
        given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(Token!));
}

using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Spark.Temporal.Tests.Support;

/// <summary>A web server on localhost that logs nothing.</summary>
internal static class LocalServer
{
    /// <param name="port">Port, 0 for any.</param>
    /// <param name="certificate">Certificate of a server that speaks TLS; null for one that does not.</param>
    /// <param name="address">Address that it listens on; null for the host's own.</param>
    public static WebApplication Build(int port = 0, X509Certificate2? certificate = null, string? address = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(address is null ? IPAddress.Loopback : IPAddress.Parse(address), port, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        return builder.Build();
    }

    /// <summary>Starts it.</summary>
    /// <returns>Scheme, address and port.</returns>
    public static async Task<string> StartAsync(WebApplication app)
    {
        await app.StartAsync();
        return app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }
}

using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Spark.Temporal.Starter.Web;

/// <summary>
/// A web server in this process, on Kestrel. It writes no log, reads no settings and leaves signals to the program. A
/// request under a name that it was not started with gets 404: a foreign page whose name was made to point here uses its own name.
/// </summary>
internal sealed class WebServer : IAsyncDisposable
{
    /// <summary>How long requests in flight may take to end; then their connections are cut.</summary>
    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(1);

    private readonly WebApplication _app;
    private bool _stopped;

    private WebServer(WebApplication app) => (_app, Port) = (app, new Uri(app.Urls.First()).Port);

    /// <summary>The port it listens on.</summary>
    public int Port { get; }

    /// <summary>Starts serving.</summary>
    /// <param name="address">Where it listens.</param>
    /// <param name="serve">Adds the routes. <c>Lifetime.ApplicationStopping</c> is cancelled when the server is disposed.</param>
    /// <exception cref="IOException">The server cannot listen there: the port is taken, or this machine does not have the address.</exception>
    public static WebServer Start(WebAddress address, Action<WebApplication> serve)
    {
        WebApplication? app = null;
        try
        {
            app = Build(address, serve);
            app.Start();
            return new WebServer(app);
        }
        catch (Exception taken) when (taken is IOException or SocketException)
        {
            ((IDisposable?)app)?.Dispose();
            throw new IOException((taken.InnerException ?? taken).Message, taken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
        {
            _stopped = true;
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }

    private static WebApplication Build(WebAddress address, Action<WebApplication> serve)
    {
        // The empty builder: settings and variables of the folder that spark runs in are not meant for this server.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => Configure(server, address));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopsWithin);
        var app = builder.Build();
        app.Use((HttpContext context, RequestDelegate next) => AnswerAsync(context, next, address));
        serve(app);
        return app;
    }

    private static void Configure(KestrelServerOptions server, WebAddress address)
    {
        server.AddServerHeader = false;

        // Each server has its own limit, and reads a refused body to its end.
        server.Limits.MaxRequestBodySize = null;
        if (address.Bind is "*" or "::")
        {
            server.ListenAnyIP(address.Port, OneProtocol);
        }
        else
        {
            server.Listen(Resolve(address.Bind), address.Port, OneProtocol);
        }
    }

    private static void OneProtocol(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;

    private static IPAddress Resolve(string bind) => bind == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(bind, out var address) ? address
        : Dns.GetHostAddresses(bind)[0];

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next, WebAddress address)
    {
        try
        {
            if (address.IsNamed(context.Request.Host.Host))
            {
                await next(context);
            }
            else
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            }
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException)
        {
            // The caller disconnected, or this server stops: there is no caller left to answer.
            context.Abort();
        }
    }

    /// <summary>Only the program handles signals: with the usual lifetime, a second Ctrl-C would no longer end the process.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

using System.Diagnostics;
using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Spark.Temporal.Starter.Web;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>
/// The dashboard behind HTTP: one page, its few files, and a stream of snapshots per view. It keeps nothing, so it may be
/// stopped and started at any time; an open page reconnects by itself. It only reads.
/// </summary>
internal sealed class DashboardServer : IAsyncDisposable
{
    /// <summary>Text only: nothing inline, nothing from elsewhere, no string that becomes markup or code.</summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'none'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8", [".css"] = "text/css; charset=utf-8", [".js"] = "text/javascript; charset=utf-8",
    };

    private readonly WebServer _web;
    private readonly DashboardFeed _feed;
    private readonly DashboardAccess _access;

    private DashboardServer(int port, DashboardFeed feed, DashboardAccess access)
    {
        (_feed, _access) = (feed, access);
        _web = WebServer.Start(new WebAddress(access.Bind, access.Hosts, port), Serve);
        Address = $"http://{access.Host}:{_web.Port}/";
    }

    /// <summary>Its address, such as <c>http://127.0.0.1:8765/</c>.</summary>
    public string Address { get; }

    /// <summary>The address that a person opens first: with the token where one is needed.</summary>
    public string EntryAddress => _access.Token is { } token ? $"{Address}?token={token}" : Address;

    /// <exception cref="IOException">The port is taken, or the address is not one of this machine.</exception>
    public static DashboardServer Start(int port, DashboardFeed feed, DashboardAccess access) => new(port, feed, access);

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private void Serve(WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        app.Use(AdmitAsync);
        app.MapGet("/", EnterAsync);
        app.MapGet("/events", context => StreamAsync(context, stopping));
        app.MapGet("/assets/{**name}", context => AssetAsync(context.Response, context.Request.RouteValues["name"] as string ?? ""));
        app.MapGet("/{**path}", context => TextAsync(context.Response, 404, "There is no such page."));
    }

    private Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        var response = context.Response;
        response.Headers.ContentSecurityPolicy = ContentPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers.CacheControl = "no-store";
        if (!_access.Allows(context.Request))
        {
            return TextAsync(response, 403, "The token is missing: open the address that 'spark dashboard' printed.");
        }

        if (!HttpMethods.IsGet(context.Request.Method))
        {
            response.Headers.Allow = "GET";
            return TextAsync(response, 405, "This page can only be read: use GET.");
        }

        return next(context);
    }

    private Task EnterAsync(HttpContext context)
    {
        var response = context.Response;
        if (_access.CookieFor(context.Request) is not { } cookie)
        {
            return AssetAsync(response, "page.html");
        }

        // Removed from the address, so that neither the browser's history nor a projector shows it.
        response.Headers.SetCookie = cookie;
        response.Headers.Location = "/";
        return TextAsync(response, 303, "");
    }

    /// <summary>Sends a view's snapshot whenever it has changed, and a sign of life in between.</summary>
    private async Task StreamAsync(HttpContext context, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, context.RequestAborted);
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        var (view, id) = (Asked("view", "overview"), Asked("id", ""));
        await WriteAsync("retry: 1000\n\n");
        var sent = "";
        while (true)
        {
            // Other pages may share the reading, so closing this page does not cancel it.
            var started = Stopwatch.GetTimestamp();
            var snapshot = await _feed.SnapshotAsync(view, id, stopping);
            await WriteAsync(snapshot == sent ? ": nothing new\n\n" : $"data: {snapshot}\n\n");
            sent = snapshot;
            await Task.Delay(DashboardFeed.PauseAfter(Stopwatch.GetElapsedTime(started)), ended.Token);
        }

        string Asked(string name, string other) => context.Request.Query.TryGetValue(name, out var given) ? given.ToString() : other;

        async Task WriteAsync(string text)
        {
            await context.Response.WriteAsync(text, ended.Token);
            await context.Response.Body.FlushAsync(ended.Token);
        }
    }

    private static async Task AssetAsync(HttpResponse response, string name)
    {
        await using var asset = Assembly.GetExecutingAssembly().GetManifestResourceStream($"dashboard/{name}");
        if (asset is null)
        {
            await TextAsync(response, 404, "There is no such file.");
            return;
        }

        response.ContentType = Types[Path.GetExtension(name)];
        response.ContentLength = asset.Length;
        await asset.CopyToAsync(response.Body, response.HttpContext.RequestAborted);
    }

    private static Task TextAsync(HttpResponse response, int status, string text) =>
        response.SendAsync(status, HttpAnswers.PlainText, Encoding.UTF8.GetBytes(text));
}

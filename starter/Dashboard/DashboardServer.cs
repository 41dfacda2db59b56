using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Text;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>
/// The dashboard behind HTTP: one page, its few files, and a stream of snapshots per view. It keeps nothing, so it may be
/// stopped and started at any time; a page that was open goes on by itself. It only reads.
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

    private readonly HttpListener _listener;
    private readonly DashboardFeed _feed;
    private readonly DashboardAccess _access;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;

    private DashboardServer(HttpListener listener, int port, DashboardFeed feed, DashboardAccess access)
    {
        (_listener, _feed, _access) = (listener, feed, access);
        Address = $"http://{access.Host}:{port}/";
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Where it is, such as <c>http://127.0.0.1:8765/</c>.</summary>
    public string Address { get; }

    /// <summary>The same with the token where one is needed: what a person opens first.</summary>
    public string EntryAddress => _access.Token is { } token ? $"{Address}?token={token}" : Address;

    /// <exception cref="HttpListenerException">The port is taken, or the address is not this machine's.</exception>
    public static DashboardServer Start(int port, DashboardFeed feed, DashboardAccess access)
    {
        var listener = new HttpListener();
        foreach (var prefix in access.Prefixes(port))
        {
            listener.Prefixes.Add(prefix);
        }

        listener.Start();
        return new DashboardServer(listener, port, feed, access);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopping.IsCancellationRequested)
        {
            await _stopping.CancelAsync();
            _listener.Close();
            await _serving;
        }
    }

    private async Task ServeAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                _ = Task.Run(() => AnswerAsync(context));
            }
            catch (Exception ended) when (ended is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                if (!_listener.IsListening)
                {
                    return;
                }
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var response = context.Response;
        try
        {
            response.Headers["Content-Security-Policy"] = ContentPolicy;
            response.Headers["X-Content-Type-Options"] = "nosniff";
            response.Headers["Referrer-Policy"] = "no-referrer";
            response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
            response.Headers["Cache-Control"] = "no-store";
            await RouteAsync(context.Request, response);
            response.Close();
        }
        catch (Exception broken) when (broken is IOException or HttpListenerException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // The page is closed, or this server stops: nobody is left to tell.
            response.Abort();
        }
    }

    private Task RouteAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        if (!_access.Allows(request))
        {
            return TextAsync(response, 403, _access.Local
                ? "This page is only for this machine; call it by 127.0.0.1 or localhost."
                : "The token is missing: open the address that 'spark dashboard' printed.");
        }

        if (request.HttpMethod != "GET")
        {
            response.Headers["Allow"] = "GET";
            return TextAsync(response, 405, "Here is only something to look at.");
        }

        var path = request.Url!.AbsolutePath;
        if (path == "/" && _access.CookieFor(request) is { } cookie)
        {
            // Away from the address, so that it does not stand in the history or on a projector.
            response.Headers["Set-Cookie"] = cookie;
            response.Headers["Location"] = "/";
            return TextAsync(response, 303, "");
        }

        return path switch
        {
            "/" => AssetAsync(response, "page.html"),
            "/events" => StreamAsync(request, response),
            _ when path.StartsWith("/assets/", StringComparison.Ordinal) => AssetAsync(response, path["/assets/".Length..]),
            _ => TextAsync(response, 404, "There is no such page."),
        };
    }

    /// <summary>Sends a view's snapshot whenever it has changed, and a sign of life in between.</summary>
    private async Task StreamAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        response.ContentType = "text/event-stream; charset=utf-8";
        response.SendChunked = true;
        var (view, id) = (request.QueryString["view"] ?? "overview", request.QueryString["id"] ?? "");
        await WriteAsync(response, "retry: 1000\n\n");
        var sent = "";
        while (true)
        {
            var started = Stopwatch.GetTimestamp();
            var snapshot = await _feed.SnapshotAsync(view, id, _stopping.Token);
            await WriteAsync(response, snapshot == sent ? ": nothing new\n\n" : $"data: {snapshot}\n\n");
            sent = snapshot;
            await Task.Delay(DashboardFeed.PauseAfter(Stopwatch.GetElapsedTime(started)), _stopping.Token);
        }
    }

    private async Task WriteAsync(HttpListenerResponse response, string text)
    {
        await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text), _stopping.Token);
        await response.OutputStream.FlushAsync(_stopping.Token);
    }

    private static async Task AssetAsync(HttpListenerResponse response, string name)
    {
        await using var asset = Assembly.GetExecutingAssembly().GetManifestResourceStream($"dashboard/{name}");
        if (asset is null)
        {
            await TextAsync(response, 404, "There is no such file.");
            return;
        }

        response.ContentType = Types[Path.GetExtension(name)];
        response.ContentLength64 = asset.Length;
        await asset.CopyToAsync(response.OutputStream);
    }

    private static Task TextAsync(HttpListenerResponse response, int status, string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        response.ContentLength64 = body.Length;
        return response.OutputStream.WriteAsync(body).AsTask();
    }
}

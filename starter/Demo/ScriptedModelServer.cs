using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Starter.Servers;

namespace Spark.Temporal.Starter.Demo;

/// <summary>
/// The scripted model behind the OpenAI chat completions API on localhost. It keeps nothing but counts, so it may be
/// stopped and started in the middle of a run.
/// </summary>
internal sealed class ScriptedModelServer : IAsyncDisposable
{
    private readonly HttpListener _listener;
    private readonly ScriptedModel _model;
    private readonly TimeSpan _delay;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, int> _requests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _keys = new(StringComparer.Ordinal);
    private readonly Task _serving;
    private int _refused;

    private ScriptedModelServer(HttpListener listener, int port, ScriptedModel model, TimeSpan delay)
    {
        (_listener, _model, _delay) = (listener, model, delay);
        BaseAddress = new Uri($"http://127.0.0.1:{port}/v1");
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>What a client takes as its base address, such as <c>http://127.0.0.1:41234/v1</c>.</summary>
    public Uri BaseAddress { get; }

    /// <summary>Requests answered so far, by the header <c>X-Spark-Purpose</c>.</summary>
    public IReadOnlyDictionary<string, int> RequestsByPurpose => _requests;

    /// <summary>How often each <c>Idempotency-Key</c> was answered; above 1, a request was sent again.</summary>
    public IReadOnlyDictionary<string, int> RequestsByKey => _keys;

    /// <summary>Requests that no script answers.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Starts serving the scripts of a folder.</summary>
    /// <param name="scriptsFolder">Folder with one <c>&lt;task&gt;.yaml</c> per task.</param>
    /// <param name="port">Port on the loopback address; 0 for a free one.</param>
    /// <param name="delay">How long each reply is held back, as a real model would take its time.</param>
    /// <exception cref="InvalidDataException">A script is broken; the message names file and field.</exception>
    /// <exception cref="HttpListenerException">The port is taken.</exception>
    public static ScriptedModelServer Start(string scriptsFolder, int port = 0, TimeSpan delay = default)
    {
        var model = new ScriptedModel(ScriptedStory.LoadAll(scriptsFolder));
        for (var tries = 0; ; tries++)
        {
            var chosen = port != 0 ? port : DevServer.FreePort();
            var listener = new HttpListener { IgnoreWriteExceptions = true };
            listener.Prefixes.Add($"http://127.0.0.1:{chosen}/");
            try
            {
                listener.Start();
                return new ScriptedModelServer(listener, chosen, model, delay);
            }
            catch (HttpListenerException) when (port == 0 && tries < 5)
            {
                // Another process took the port between the look and the start.
                listener.Close();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync();
        _listener.Close();
        await _serving;
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                _ = AnswerAsync(context);
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
        try
        {
            var (status, body) = await RespondAsync(context.Request);
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            context.Response.ContentLength64 = body.Length;
            await context.Response.OutputStream.WriteAsync(body, _stopping.Token);
            context.Response.Close();
        }
        catch (Exception broken) when (broken is IOException or HttpListenerException or ObjectDisposedException or OperationCanceledException)
        {
            // The client is gone, or this server stops: nobody is left to tell.
            context.Response.Abort();
        }
    }

    private async Task<(int Status, byte[] Body)> RespondAsync(HttpListenerRequest http)
    {
        var path = http.Url!.AbsolutePath;
        if (http.HttpMethod == "GET" && path.EndsWith("/models", StringComparison.Ordinal))
        {
            return (200, ChatResponses.Models());
        }

        if (http.HttpMethod == "GET" && path == "/counts")
        {
            return (200, JsonSerializer.SerializeToUtf8Bytes(new ScriptedModelCounts(_requests, _keys, Refused), SparkJson.Options));
        }

        if (http.HttpMethod != "POST" || !path.EndsWith("/chat/completions", StringComparison.Ordinal))
        {
            return Refuse(404, $"{http.HttpMethod} {path}: only POST /v1/chat/completions, GET /v1/models and GET /counts are served");
        }

        ChatRequest request;
        ScriptedReply reply;
        var purpose = http.Headers["X-Spark-Purpose"] ?? "";
        try
        {
            using var document = await JsonDocument.ParseAsync(http.InputStream, cancellationToken: _stopping.Token);
            request = ChatRequest.Parse(document.RootElement);
            reply = _model.Reply(purpose, http.Headers["X-Spark-Task"] ?? "", request);
        }
        catch (Exception mistake) when (mistake is FormatException or JsonException)
        {
            return Refuse(400, mistake.Message);
        }

        await Task.Delay(_delay, _stopping.Token);
        _requests.AddOrUpdate(purpose, 1, (_, count) => count + 1);
        if (http.Headers["Idempotency-Key"] is { Length: > 0 } key)
        {
            _keys.AddOrUpdate(key, 1, (_, count) => count + 1);
        }

        return (200, ChatResponses.Completion(request, reply));
    }

    private (int Status, byte[] Body) Refuse(int status, string message)
    {
        Interlocked.Increment(ref _refused);
        return (status, ChatResponses.Error(message));
    }
}

/// <summary>What <c>GET /counts</c> tells, for tests that run the scripted model in a process of its own.</summary>
/// <param name="ByPurpose">Requests answered, by purpose.</param>
/// <param name="ByIdempotencyKey">Requests answered, by the key they carried.</param>
/// <param name="Refused">Requests that no script answers.</param>
internal sealed record ScriptedModelCounts(
    IReadOnlyDictionary<string, int> ByPurpose, IReadOnlyDictionary<string, int> ByIdempotencyKey, int Refused);

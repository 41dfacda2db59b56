using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Spark.Temporal.Tests.Support;

/// <summary>A request as it reached the server.</summary>
/// <param name="Number">Number of the request, from 1.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="Body">Its body.</param>
public sealed record FakeModelRequest(int Number, IReadOnlyDictionary<string, string> Headers, JsonObject Body)
{
    /// <summary>Path and query, such as <c>/v1/chat/completions?api-version=1</c>.</summary>
    public string Address { get; init; } = "";

    public string Purpose => Header("X-Spark-Purpose");

    public string Task => Header("X-Spark-Task");

    public string Run => Header("X-Spark-Run");

    public string IdempotencyKey => Header("Idempotency-Key");

    public IEnumerable<JsonNode> Messages => Body["messages"]!.AsArray().Select(message => message!);

    /// <summary>Text of the last message.</summary>
    public string LastContent => (string?)Messages.Last()["content"] ?? "";

    /// <summary>Number of assistant messages so far: how often this conversation was answered.</summary>
    public int Turn => Messages.Count(message => (string?)message["role"] == "assistant");

    public string Header(string name) => Headers.GetValueOrDefault(name, "");
}

/// <summary>
/// A model endpoint of three APIs on localhost whose replies are scripted. It really speaks HTTP, so it can also break it: see
/// <see cref="FakeReply"/>. It counts requests, and how often each <c>Idempotency-Key</c> came.
/// </summary>
public sealed class FakeModelServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<FakeReply> _queue = new();
    private readonly List<FakeModelRequest> _requests = [];
    private readonly CancellationTokenSource _stopping = new();
    private int _aborted;
    private int _stopped;

    private FakeModelServer(WebApplication app) => _app = app;

    /// <summary>Base URL for a profile, ending in <c>/v1</c>.</summary>
    public string BaseUrl { get; private set; } = "";

    /// <summary>Answers what nothing was queued for; a plain text reply unless set.</summary>
    public Func<FakeModelRequest, FakeReply> Script { get; set; } = _ => FakeReply.Text("Done.");

    /// <summary>All requests so far, in the order in which they came.</summary>
    public IReadOnlyList<FakeModelRequest> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Requests that the client gave up before they were answered.</summary>
    public int Aborted => _aborted;

    /// <summary>How often each <c>Idempotency-Key</c> came.</summary>
    public IReadOnlyDictionary<string, int> CountByIdempotencyKey =>
        Requests.GroupBy(request => request.IdempotencyKey).ToDictionary(group => group.Key, group => group.Count());

    /// <param name="port">Port, 0 for any; a fixed one lets a server come back where it was.</param>
    /// <param name="certificate">Certificate of a server that speaks TLS; null for one that does not.</param>
    public static async Task<FakeModelServer> StartAsync(int port = 0, X509Certificate2? certificate = null)
    {
        var app = LocalServer.Build(port, certificate);
        var server = new FakeModelServer(app);
        foreach (var path in new[] { "/v1/chat/completions", "/v1/responses", "/v1/messages" })
        {
            app.MapPost(path, server.AnswerAsync);
        }

        server.BaseUrl = await LocalServer.StartAsync(app) + "/v1";
        return server;
    }

    /// <summary>Queues replies that come before the script's.</summary>
    public FakeModelServer Then(params FakeReply[] replies)
    {
        foreach (var reply in replies)
        {
            _queue.Enqueue(reply);
        }

        return this;
    }

    public async ValueTask DisposeAsync()
    {
        // A test may stop it before its tear-down does.
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            await _stopping.CancelAsync();
            await _app.DisposeAsync();
            _stopping.Dispose();
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var body = await JsonNode.ParseAsync(context.Request.Body);
        FakeModelRequest request;
        lock (_requests)
        {
            request = new FakeModelRequest(
                _requests.Count + 1,
                context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                body!.AsObject()) { Address = context.Request.Path + context.Request.QueryString };
            _requests.Add(request);
        }

        var reply = _queue.TryDequeue(out var queued) ? queued : Script(request);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        try
        {
            await reply.WaitAsync(stop.Token);
            await WriteAsync(context, reply, stop.Token);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _aborted);
            context.Abort();
        }
    }

    private static async Task WriteAsync(HttpContext context, FakeReply reply, CancellationToken cancellationToken)
    {
        if (reply.Drop)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = reply.Status;
        context.Response.ContentType = reply.ContentType;
        foreach (var (name, value) in reply.Headers)
        {
            context.Response.Headers[name] = value;
        }

        foreach (var piece in reply.Pieces ?? [])
        {
            await Task.Delay(reply.Between, cancellationToken);
            await context.Response.WriteAsync(piece, cancellationToken);
            await context.Response.Body.FlushAsync(cancellationToken);
        }

        if (reply.Hangs)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        if (reply.Pieces is not null)
        {
            if (reply.Half)
            {
                context.Abort();
            }

            return;
        }

        if (!reply.Half)
        {
            await context.Response.WriteAsync(reply.Body, cancellationToken);
            return;
        }

        context.Response.ContentLength = reply.Body.Length;
        await context.Response.WriteAsync(reply.Body[..(reply.Body.Length / 2)], cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
        context.Abort();
    }
}

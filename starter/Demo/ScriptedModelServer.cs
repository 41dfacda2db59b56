using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Starter.Web;

namespace Spark.Temporal.Starter.Demo;

/// <summary>
/// The scripted model behind the OpenAI chat completions API on localhost. It keeps nothing but counts, so it may be
/// stopped and started in the middle of a run.
/// </summary>
internal sealed class ScriptedModelServer : IAsyncDisposable
{
    private readonly WebServer _web;
    private readonly ScriptedModel _model;
    private readonly TimeSpan _delay;
    private readonly ConcurrentDictionary<string, int> _requests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _keys = new(StringComparer.Ordinal);
    private int _refused;

    private ScriptedModelServer(int port, ScriptedModel model, TimeSpan delay)
    {
        (_model, _delay) = (model, delay);
        _web = WebServer.Start(WebAddress.Loopback(port), Serve);
        BaseAddress = new Uri($"http://127.0.0.1:{_web.Port}/v1");
    }

    /// <summary>What a client takes as its base address, such as <c>http://127.0.0.1:41234/v1</c>.</summary>
    public Uri BaseAddress { get; }

    /// <summary>Requests answered so far, by the header <c>X-Spark-Purpose</c>.</summary>
    public IReadOnlyDictionary<string, int> RequestsByPurpose => _requests;

    /// <summary>How often each <c>Idempotency-Key</c> was answered; above 1, the request was sent again.</summary>
    public IReadOnlyDictionary<string, int> RequestsByKey => _keys;

    /// <summary>Number of requests that no script answers.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Starts serving the scripts of a folder.</summary>
    /// <param name="scriptsFolder">Folder with one <c>&lt;task&gt;.yaml</c> per task.</param>
    /// <param name="port">Port on the loopback address; 0 for a free one.</param>
    /// <param name="delay">How long each reply is delayed, as a real model takes time too.</param>
    /// <exception cref="InvalidDataException">A script is broken; the message names file and field.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static ScriptedModelServer Start(string scriptsFolder, int port = 0, TimeSpan delay = default) =>
        new(port, new ScriptedModel(ScriptedStory.LoadAll(scriptsFolder)), delay);

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private void Serve(WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        // Also without /v1: a base address may be given with or without it.
        foreach (var prefix in new[] { "/v1", "" })
        {
            app.MapGet($"{prefix}/models", context => context.Response.SendAsync(200, HttpAnswers.Json, ChatResponses.Models()));
            app.MapPost($"{prefix}/chat/completions", context => CompleteAsync(context, stopping));
        }

        app.MapGet("/counts", context => context.Response.SendAsync(
            200, HttpAnswers.Json, JsonSerializer.SerializeToUtf8Bytes(new ScriptedModelCounts(_requests, _keys, Refused), SparkJson.Options)));
        app.Map("/{**path}", context => RefuseAsync(
            context, 404, $"{context.Request.Method} {context.Request.Path}: only POST /v1/chat/completions, GET /v1/models and GET /counts are served"));
    }

    private async Task CompleteAsync(HttpContext context, CancellationToken stopping)
    {
        ChatRequest request;
        ScriptedReply reply;
        var headers = context.Request.Headers;
        var purpose = headers["X-Spark-Purpose"].ToString();
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: stopping);
            request = ChatRequest.Parse(document.RootElement);
            reply = _model.Reply(purpose, headers["X-Spark-Task"].ToString(), request);
        }
        catch (Exception mistake) when (mistake is FormatException or JsonException)
        {
            await RefuseAsync(context, 400, mistake.Message);
            return;
        }

        await Task.Delay(_delay, stopping);
        _requests.AddOrUpdate(purpose, 1, (_, count) => count + 1);
        if (headers["Idempotency-Key"].ToString() is { Length: > 0 } key)
        {
            _keys.AddOrUpdate(key, 1, (_, count) => count + 1);
        }

        await context.Response.SendAsync(200, HttpAnswers.Json, ChatResponses.Completion(request, reply));
    }

    private Task RefuseAsync(HttpContext context, int status, string message)
    {
        Interlocked.Increment(ref _refused);
        return context.Response.SendAsync(status, HttpAnswers.Json, ChatResponses.Error(message));
    }
}

/// <summary>The reply of <c>GET /counts</c>, for tests that run the scripted model in a process of its own.</summary>
/// <param name="ByPurpose">Requests answered, by purpose.</param>
/// <param name="ByIdempotencyKey">Requests answered, by the key they carried.</param>
/// <param name="Refused">Number of requests that no script answers.</param>
internal sealed record ScriptedModelCounts(
    IReadOnlyDictionary<string, int> ByPurpose, IReadOnlyDictionary<string, int> ByIdempotencyKey, int Refused);

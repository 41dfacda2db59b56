using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>
/// A model endpoint of one <see cref="EndpointKind"/> on localhost, over real HTTP. It checks every request by its provider's rules before the
/// model speaks, and keeps what it refused.
/// </summary>
internal sealed class EndpointServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly EndpointKind _kind;
    private readonly string _key;
    private readonly List<EndpointRequest> _requests = [];
    private readonly List<Refusal> _refusals = [];
    private readonly List<JsonNode> _said = [];
    private readonly List<Says> _spoken = [];
    private readonly Lock _lock = new();

    private EndpointServer(WebApplication app, EndpointKind kind, string key) => (_app, _kind, _key) = (app, kind, key);

    /// <summary>Scheme, host and port.</summary>
    public string Origin { get; private set; } = "";

    /// <summary>Base address for a profile.</summary>
    public string BaseUrl => (_kind.Host is { } host ? $"http://{host}" : Origin) + _kind.BasePath;

    /// <summary>What the model says to a request that is well formed.</summary>
    public Func<EndpointRequest, Says> Model { get; set; } = _ => new Says { Text = "Done." };

    /// <summary>Answers in the place of the model; null lets it speak.</summary>
    public Func<EndpointRequest, Answer?>? Fault { get; set; }

    public IReadOnlyList<EndpointRequest> Requests => Copy(_requests);

    public IReadOnlyList<Refusal> Refusals => Copy(_refusals);

    /// <summary>What the model said in this conversation.</summary>
    public IReadOnlyList<Says> Spoken => Copy(_spoken);

    /// <param name="kind">What it is.</param>
    /// <param name="key">The key that it takes.</param>
    public static async Task<EndpointServer> StartAsync(EndpointKind kind, string key)
    {
        var certificate = kind.Proxy == ProxyKind.Opening ? OwnCertificate() : null;
        var app = LocalServer.Build(certificate: certificate);
        var server = new EndpointServer(app, kind, key);
        app.Run(server.AnswerAsync);
        server.Origin = (await LocalServer.StartAsync(app)).Replace("https://127.0.0.1", "https://localhost", StringComparison.Ordinal);
        return server;
    }

    /// <summary>Forgets requests, refusals and what was said: the next request begins a conversation.</summary>
    public void Begin()
    {
        lock (_lock)
        {
            _requests.Clear();
            _refusals.Clear();
            _said.Clear();
            _spoken.Clear();
        }
    }

    /// <summary>Forgets the last thing said: a conversation goes on from before it.</summary>
    public void Rewind()
    {
        lock (_lock)
        {
            _said.RemoveAt(_said.Count - 1);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, new UTF8Encoding(false, throwOnInvalidBytes: true));
        var raw = await reader.ReadToEndAsync(context.RequestAborted);
        await WriteAsync(context, AnswerTo(context, raw));
    }

    private Answer AnswerTo(HttpContext context, string raw)
    {
        JsonObject? body = null;
        try
        {
            body = JsonNode.Parse(raw) as JsonObject;
        }
        catch (JsonException)
        {
            // Refused below.
        }

        lock (_lock)
        {
            var request = new EndpointRequest(
                _requests.Count + 1,
                context.Request.Path.Value ?? "",
                context.Request.Query.ToDictionary(item => item.Key, item => item.Value.ToString()),
                context.Request.Headers.ToDictionary(item => item.Key, item => item.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                raw,
                body ?? [],
                _key,
                _kind,
                [.. _said]);
            _requests.Add(request);
            var door = _kind.Doors.GetValueOrDefault(request.Door);
            foreach (var rule in _kind.Entry.Append(WellFormed).Append(IsJson(body)).Concat(door?.Rules ?? []))
            {
                if (rule.Check(request) is { } refused)
                {
                    _refusals.Add(new Refusal(rule, request, refused));
                    if (!rule.Silent)
                    {
                        return refused;
                    }
                }
            }

            if (door is null)
            {
                var nowhere = _kind.NoSuchPath(request);
                _refusals.Add(new Refusal(new Rule($"path {request.Path}", _ => nowhere, Must: false), request, nowhere));
                return nowhere;
            }

            if (Fault?.Invoke(request) is { } fault)
            {
                return fault;
            }

            var says = _kind.Speaks(request, Model(request));
            _spoken.Add(says);
            _said.Add(door.Shape.Message(request, says).DeepClone());
            return door.Shape.Say(request, says);
        }

        Rule IsJson(JsonObject? parsed) => new("a JSON body", _ => parsed is null ? Answer.Json(400, """{"error":{"message":"We could not parse the JSON body of your request."}}""") : null);
    }

    private static Rule WellFormed { get; } = new("no lone surrogates", request => LoneSurrogates.In(request.Raw)
        ? Answer.Json(400, """{"error":{"message":"Invalid body: unexpected end of hex escape","type":"invalid_request_error"}}""") : null);

    private static async Task WriteAsync(HttpContext context, Answer answer)
    {
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        foreach (var (name, value) in answer.Headers)
        {
            context.Response.Headers[name] = value;
        }

        try
        {
            await context.Response.StartAsync(context.RequestAborted);
            foreach (var piece in answer.Pieces)
            {
                if (answer.PauseMs > 0)
                {
                    await Task.Delay(answer.PauseMs, context.RequestAborted);
                }

                foreach (var part in Encoding.UTF8.GetBytes(piece).Chunk(answer.BytesAtOnce > 0 ? answer.BytesAtOnce : int.MaxValue))
                {
                    await context.Response.Body.WriteAsync(part, context.RequestAborted);
                    if (answer.PauseMs > 0 || answer.Cut || answer.BytesAtOnce > 0)
                    {
                        await context.Response.Body.FlushAsync(context.RequestAborted);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            context.Abort();
            return;
        }

        if (answer.Cut)
        {
            context.Abort();
        }
    }

    private static X509Certificate2 OwnCertificate()
    {
        using var key = RSA.Create(2048);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
    }

    private List<T> Copy<T>(List<T> list)
    {
        lock (_lock)
        {
            return [.. list];
        }
    }
}

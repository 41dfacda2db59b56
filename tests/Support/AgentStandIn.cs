using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Spark.Temporal.Tests.Support;

/// <summary>What an agent asked a stand-in for.</summary>
/// <param name="Api">The API: <c>chat</c>, <c>responses</c>, <c>messages</c> or <c>gemini</c>.</param>
/// <param name="Path">Path and query.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="Body">Its body.</param>
/// <param name="Status">The status that it was answered with.</param>
public sealed record AgentCall(string Api, string Path, IReadOnlyDictionary<string, string> Headers, JsonObject Body, int Status);

/// <summary>
/// A model for command-line agents that speaks all four streamed APIs and knows one answer: it has the agent run the commands of its script with the
/// agent's own shell tool, one a turn, and says that it is done. Requests without a shell tool (titles, summaries) get a word.
/// </summary>
public sealed class AgentStandIn : IAsyncDisposable
{
    /// <summary>Tokens that each reply states.</summary>
    public const int PromptTokens = 1_000, CompletionTokens = 50;

    private readonly WebApplication _app;
    private readonly string _key;
    private readonly List<AgentCall> _calls = [];

    private AgentStandIn(WebApplication app, string key) => (_app, _key) = (app, key);

    /// <summary>Address without a path.</summary>
    public string Root { get; private set; } = "";

    /// <summary>The commands, one a turn.</summary>
    public IReadOnlyList<string> Commands { get; set; } = [];

    /// <summary>Refuse every call with this status; null to answer.</summary>
    public int? Refuse { get; set; }

    public IReadOnlyList<AgentCall> Calls
    {
        get
        {
            lock (_calls)
            {
                return [.. _calls];
            }
        }
    }

    /// <param name="key">The key that every call must bring.</param>
    public static async Task<AgentStandIn> StartAsync(string key)
    {
        var app = LocalServer.Build();
        var server = new AgentStandIn(app, key);
        app.Run(server.AnswerAsync);
        server.Root = await LocalServer.StartAsync(app);
        return server;
    }

    public void Clear()
    {
        lock (_calls)
        {
            _calls.Clear();
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var body = HttpMethods.IsPost(context.Request.Method) ? (await JsonNode.ParseAsync(context.Request.Body))!.AsObject() : [];
        var api = path switch
        {
            "/v1/chat/completions" => "chat",
            "/v1/responses" => "responses",
            "/v1/messages" => "messages",
            _ when path.EndsWith(":streamGenerateContent", StringComparison.Ordinal) || path.EndsWith(":generateContent", StringComparison.Ordinal) => "gemini",
            _ => "",
        };
        var brought = api switch { "messages" => headers.GetValueOrDefault("x-api-key"), "gemini" => headers.GetValueOrDefault("x-goog-api-key"), _ => headers.GetValueOrDefault("Authorization")?.Replace("Bearer ", "", StringComparison.Ordinal) };
        var status = Refuse ?? (brought != _key ? 401 : api.Length == 0 ? 404 : 200);
        lock (_calls)
        {
            _calls.Add(new AgentCall(api, $"{path}{context.Request.QueryString}", headers, body, status));
        }

        context.Response.StatusCode = status;
        if (status != 200)
        {
            await context.Response.WriteAsJsonAsync(new { type = "error", error = new { type = "refused", code = status, message = $"the stand-in refuses this call ({brought})" } });
            return;
        }

        var turn = AgentTurn.Of(api, body, Commands);
        var streamed = api == "gemini" ? path.EndsWith(":streamGenerateContent", StringComparison.Ordinal) : (bool?)body["stream"] == true;
        context.Response.ContentType = streamed ? "text/event-stream" : "application/json";
        await context.Response.WriteAsync(streamed ? turn.Events() : turn.Whole().ToJsonString());
    }
}

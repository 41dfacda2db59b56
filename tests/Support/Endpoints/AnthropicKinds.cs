using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Anthropic's Messages, and its door for OpenAI's clients.</summary>
internal static class AnthropicKinds
{
    private static readonly ErrorForm Error = ErrorBodies.Anthropic;

    private static readonly (string, string)[] Messages = [("Api", "messages"), ("KeyHeader", "x-api-key"), ("KeyPrefix", "")];

    public static IEnumerable<EndpointKind> All =>
    [
        new("Anthropic Messages, adaptive thinking", "claude-sonnet-5")
        {
            Host = "api.anthropic.com",
            Settings = [("KeyHeader", "x-api-key"), ("KeyPrefix", ""), ("ReasoningEffort", "high")],
            Entry = [Key],
            Doors = Door(new MessagesShape(), MessagesRules.Thinking, MessagesRules.OnlyAdaptive),
            Speaks = Writing,
            Price = new(2, 0.20, 10, 2.50),
            Errors = Errors,
        },
        new("Anthropic Messages, thinking by ExtraBody", "claude-opus-5-5")
        {
            Host = "api.anthropic.com",
            Settings = [.. Messages, ("ExtraBody", """{"thinking":{"type":"adaptive"},"output_config":{"effort":"medium"}}""")],
            Entry = [Key],
            Doors = Door(new MessagesShape(), MessagesRules.Thinking, MessagesRules.OnlyAdaptive),
            Price = new(4, 0.20, 20),
        },
        new("Anthropic Messages, enabled thinking", "claude-haiku-4-5")
        {
            Host = "api.anthropic.com",
            Settings = [.. Messages, ("ExtraBody", """{"thinking":{"type":"enabled","budget_tokens":2048}}""")],
            Entry = [Key],
            Doors = Door(new MessagesShape(), [MessagesRules.Thinking, .. MessagesRules.EnabledThinking, MessagesRules.ReplyLimit(32_000)]),
            ReplyLimit = 32_000,
            Speaks = Writing,
            Price = new(1, 0.10, 5, 1.25),
        },
        new("Anthropic Messages, not streamed", "claude-sonnet-4-6")
        {
            Host = "api.anthropic.com",
            Settings = [.. Messages, ("Stream", "off")],
            Entry = [Key],
            Doors = Door(new MessagesShape(), MessagesRules.Thinking, Rules.When("no stream", request => request.Streams, Error(400, "stream: not wanted"))),
            Speaks = OpenAiKinds.WithoutThought,
            Price = new(3, 0.30, 15, 3.75),
        },
        new("Anthropic Messages, empty end", "claude-sonnet-4-6")
        {
            Host = "api.anthropic.com",
            Settings = [.. Messages],
            Entry = [Key],
            Doors = Door(new MessagesShape(), MessagesRules.Thinking),
            Speaks = (request, says) => request.Assistants.Count() < 2 ? Writing(request, says) : says with { Text = "", Reasoning = "", Tokens = new(3_000, 0, 0, 3, 0) },
            LastTurn = Must.Finish(FinishReasons.Empty),
            Price = new(3, 0.30, 15, 3.75),
        },
        new("Anthropic, OpenAI door", "claude-sonnet-4-6")
        {
            Host = "api.anthropic.com",
            Settings = [("Api", "chat")],
            Entry = [Rules.Key(ErrorBodies.OpenAi(401, "invalid x-api-key", "authentication_error", "authentication_error"))],
            Doors = new Dictionary<string, Door>
            {
                ["/chat/completions"] = new(new ChatShape { Usage = Usages.Plain }, [
                    .. ChatRules.Common(ErrorBodies.OpenAi),
                    Rules.ReplyLimit(64_000, request => ErrorBodies.OpenAi(400, $"max_tokens: {request.Limit} > 64000, which is the maximum allowed number of output tokens for claude-sonnet-4-6", "invalid_request_error")),
                ]),
            },
            Speaks = (_, says) => says with { Reasoning = "", Tokens = says.Tokens with { Thought = 0, Cached = 0 } },
            Price = new(3, 0.30, 15),
            Errors =
            [
                new("too long", ErrorBodies.OpenAi(400, "prompt is too long: 230000 tokens > 200000 maximum", "invalid_request_error"), Must.Overflow("ContextTokens")),
                new("no credit", ErrorBodies.OpenAi(400, "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.", "invalid_request_error"), Must.Refuse("credit")),
            ],
        },
    ];

    /// <summary>The common faults of Messages.</summary>
    public static IReadOnlyList<ErrorCase> Errors { get; } =
    [
        new("wrong key", Error(401, "invalid x-api-key", type: "authentication_error"), Must.Deny("key")),
        new("no rights", Error(403, "Your account does not have access to this model.", type: "permission_error"), Must.Deny("rights")),
        new("no such model", Error(404, "model: claude-x", type: "not_found_error"), Must.Refuse("model")),
        new("no credit", Error(400, "Your credit balance is too low to access the Anthropic API."), Must.Refuse("credit")),
        new("billing", Error(402, "billing", type: "billing_error"), Must.Refuse("credit")),
        new("spend limit", Error(429, "enforced_spend_limit_reached", type: "rate_limit_error"), Must.Refuse("limit")),
        new("rate limit", Error(429, "This request would exceed your organization's rate limit of 40,000 input tokens per minute.", type: "rate_limit_error")
            .With("retry-after", "21").With("anthropic-ratelimit-input-tokens-remaining", "0"), Must.Wait(21)),
        new("rate limit, only a time of reset", _ => Error(429, "Number of request tokens has exceeded your per-minute rate limit.", type: "rate_limit_error")
            .With("anthropic-ratelimit-requests-remaining", "40").With("anthropic-ratelimit-requests-reset", DateTimeOffset.UtcNow.AddSeconds(5).ToString("yyyy-MM-ddTHH:mm:ssZ"))
            .With("anthropic-ratelimit-tokens-remaining", "0").With("anthropic-ratelimit-tokens-reset", DateTimeOffset.UtcNow.AddSeconds(40).ToString("yyyy-MM-ddTHH:mm:ssZ")), Must.Wait(40)),
        new("overloaded", Error(529, "Overloaded", type: "overloaded_error"), Must.Wait()),
        new("overloaded inside a stream", request => request.Streams
            ? Answer.Events([Started(request), new JsonObject { ["type"] = "error", ["error"] = new JsonObject { ["type"] = "overloaded_error", ["message"] = "Overloaded" } }])
            : Error(529, "Overloaded", type: "overloaded_error"), Must.Wait()),
        new("too long, inside a stream", request => request.Streams
            ? Answer.Events([new JsonObject { ["type"] = "error", ["error"] = new JsonObject { ["type"] = "invalid_request_error", ["message"] = "prompt is too long: 210000 tokens > 200000 maximum" } }])
            : Error(400, "prompt is too long: 210000 tokens > 200000 maximum"), Must.Overflow("ContextTokens")),
        new("stream cut", request => (request.Streams ? Answer.Events([Started(request)]) : Answer.Json(200, "{\"type\":\"mess")) with { Cut = true }, Must.Wait()),
        new("stream ends without its end", request => request.Streams ? Answer.Events([Started(request)]) : Error(500, "Internal server error", type: "api_error"), Must.Wait()),
        new("too long", Error(400, "prompt is too long: 1200000 tokens > 1000000 maximum"), Must.Overflow("ContextTokens")),
        new("refusal", request => new MessagesShape().Say(request, new Says { Text = "I can't help with that.", Finish = Finish.Refusal }), Must.Finish(FinishReasons.Refusal)),
        new("window exceeded in mid-answer", request => new MessagesShape().Say(request, new Says { Text = "Half", Finish = Finish.Length })
            .Rewritten(text => text.Replace("\"max_tokens\"", "\"model_context_window_exceeded\"", StringComparison.Ordinal)), Must.Finish(FinishReasons.Length)),
    ];

    public static Says Writing(EndpointRequest request, Says says) => says with { Tokens = says.Tokens with { Written = 200 } };

    private static Rule Key { get; } = Rules.KeyEither(Error(401, "x-api-key header is required", type: "authentication_error"), "x-api-key");

    public static Dictionary<string, Door> Door(MessagesShape shape, params Rule[] rules) => new() { ["/messages"] = new(shape, [.. MessagesRules.Common, .. rules]) };

    private static JsonObject Started(EndpointRequest request) => new()
    {
        ["type"] = "message_start",
        ["message"] = new JsonObject
        {
            ["id"] = "msg_1",
            ["type"] = "message",
            ["role"] = "assistant",
            ["model"] = request.Kind.Model,
            ["content"] = new JsonArray(),
            ["stop_reason"] = null,
            ["usage"] = new JsonObject { ["input_tokens"] = 25, ["output_tokens"] = 1 },
        },
    };
}

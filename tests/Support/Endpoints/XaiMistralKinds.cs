using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>xAI, which counts reasoning beside the completion, and Mistral, which takes nothing that it does not know.</summary>
internal static class XaiMistralKinds
{
    private static readonly ErrorForm Mistral = ErrorBodies.Mistral;

    /// <summary>Fields that Mistral takes, by place.</summary>
    private static readonly Dictionary<string, IReadOnlyList<string>> Known = new()
    {
        [""] =
        [
            "model", "messages", "temperature", "top_p", "max_tokens", "stream", "stop", "random_seed", "metadata", "response_format", "tools", "tool_choice",
            "presence_penalty", "frequency_penalty", "n", "prediction", "parallel_tool_calls", "reasoning_effort", "prompt_mode", "guardrails", "prompt_cache_key",
            "service_tier", "safe_prompt",
        ],
        ["messages"] = ["role", "content", "tool_calls", "tool_call_id", "name", "prefix"],
        ["messages.tool_calls"] = ["id", "type", "function", "index"],
        ["messages.tool_calls.function"] = ["name", "arguments"],
        ["messages.content"] = ["type", "text", "thinking", "image_url", "closed"],
        ["messages.content.thinking"] = ["type", "text"],
        ["tools"] = ["type", "function"],
        ["tools.function"] = ["name", "description", "parameters", "strict"],
    };

    public static IEnumerable<EndpointKind> All =>
    [
        new("xAI Grok", "grok-4.3")
        {
            Host = "api.x.ai",
            Entry = [Rules.Key(ErrorBodies.Bare(400, "Incorrect API key provided: xa***. You can obtain an API key from https://console.x.ai.", "Client specified an invalid argument"))],
            Doors = OpenAiKinds.Doors(
                new ChatShape
                {
                    Usage = tokens =>
                    {
                        var usage = Usages.Beside(tokens);
                        usage["cost_in_usd_ticks"] = Ticks(tokens);
                        return usage;
                    },
                    Dress = (message, says) => ReasoningKinds.Put(message, "reasoning_content", says),
                },
                ChatRules.Common(ErrorBodies.Bare)),
            Cost = tokens => Ticks(tokens) / 1e10,
            Errors =
            [
                new("too long", ErrorBodies.Bare(400, "This model's maximum prompt length is 1000000 but the request contains 1200000 tokens.", "Client specified an invalid argument"), Must.Overflow("ContextTokens")),
                new("rate limit", ErrorBodies.Bare(429, "Too many requests for team x. Your team's rate limit is 60 requests per minute.", "Some resource has been exhausted"), Must.Wait()),
            ],
        },
        new("Mistral", "mistral-large-2512")
        {
            Host = "api.mistral.ai",
            Entry = [MistralKey],
            Doors = ReasoningKinds.Chat(Shape, MistralRules),
            Speaks = OpenAiKinds.WithoutThought,
            HidesReasoning = true,
            HidesCache = true,
            Price = new(0.50, 0.50, 1.50),
            Errors = Errors,
        },
        new("Mistral, thinking chunks", "magistral-medium-2509")
        {
            Host = "api.mistral.ai",
            Settings = [("ReasoningEffort", "high")],
            Entry = [MistralKey],
            Doors = ReasoningKinds.Chat(Shape with { Dress = Chunks }, [.. MistralRules, EchoRules.Whole("content", _ => Mistral(200, "silently worse")).Noted]),
            HidesReasoning = true,
            HidesCache = true,
        },
        new("Mistral, words in message.detail", "mistral-medium-latest")
        {
            Host = "api.mistral.ai",
            Settings = [("MaxTokensField", "MaxCompletionTokens")],
            Entry = [MistralKey],
            Doors = ReasoningKinds.Chat(Shape, MistralRules),
            Speaks = OpenAiKinds.WithoutThought,
            HidesReasoning = true,
            HidesCache = true,
            FirstTurn = Must.Refuse("max_completion_tokens"),
        },
    ];

    private static ChatShape Shape { get; } = new()
    {
        Usage = Usages.Plain,
        StreamUsage = StreamUsage.Last,
        CallId = (turn, index) => $"D68{turn}x{index}Qw7",
        WholeCalls = true,
    };

    private static Rule MistralKey { get; } = Rules.Key(Answer.Json(401, """{"detail":"Unauthorized"}"""));

    private static IReadOnlyList<Rule> MistralRules { get; } =
    [
        // Fields first, as its validation does; then what the template would not take.
        new Rule("known fields only", request => Rules.Unknown(request.Body, Known) is { } found ? ErrorBodies.ExtraForbidden(found.Where, found.Value) : null) { Must = false },
        Rules.When("no name on a user's message", request => request.Messages.Any(message => (string?)message["role"] == "user" && message.ContainsKey("name")),
            ErrorBodies.ExtraForbidden(["messages", "1", "user", "name"], "x")),
        .. ChatRules.Common(Mistral),
        ChatRules.NoEmptyAssistant(Mistral(400, "Assistant message must have either content or tool_calls, but not none.", "3240")),
        ChatRules.NineLetters(Mistral),
        ChatRules.NoUserAfterTool(Mistral),
    ];

    private static IReadOnlyList<ErrorCase> Errors { get; } =
    [
        new("unauthorized", Answer.Json(401, """{"detail":"Unauthorized"}"""), Must.Deny("key")),
        new("rate limit", Mistral(429, "Requests rate limit exceeded", "1300", "rate_limited"), Must.Wait()),
        new("too long", Mistral(400, "Prompt contains 280000 tokens and 0 draft tokens, too large for model with 262144 maximum context length", "3051"), Must.Overflow("ContextTokens")),
        new("detail as text", Answer.Json(422, """{"object":"error","message":"{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"seed\"],\"msg\":\"Extra inputs are not permitted\"}]}","type":"invalid_request_error","code":null}"""), Must.Refuse("seed")),
        new("window full in mid-answer", request => Shape.Say(request, new Says { Text = "Half" })
            .Rewritten(text => text.Replace("\"finish_reason\":\"stop\"", "\"finish_reason\":\"model_length\"", StringComparison.Ordinal)), Must.Finish(FinishReasons.Length)),
        new("unavailable", Mistral(503, "Service unavailable.", "3505"), Must.Wait()),
    ];

    private static long Ticks(Tokens tokens) => (long)Math.Round(new Price(1.25, 0.20, 2.50).Of(tokens) * 1e10 * 0.9);

    private static void Chunks(JsonObject message, Says says)
    {
        var parts = new JsonArray();
        if (says.Reasoning.Length > 0)
        {
            parts.Add((JsonNode)new JsonObject { ["type"] = "thinking", ["thinking"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = says.Reasoning }) });
        }

        if (says.Text.Length > 0)
        {
            parts.Add((JsonNode)new JsonObject { ["type"] = "text", ["text"] = says.Text });
        }

        message["content"] = parts.Count > 0 ? parts : null;
    }
}

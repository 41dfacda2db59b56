using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>OpenRouter and what stands behind it.</summary>
internal static class OpenRouterKinds
{
    private static readonly ErrorForm Error = ErrorBodies.OpenRouter;

    public static IEnumerable<EndpointKind> All =>
    [
        new("OpenRouter", "anthropic/claude-sonnet-5")
        {
            Host = "openrouter.ai",
            BasePath = "/api/v1",
            Entry = [Key],
            Doors = ReasoningKinds.Chat(Shape, [.. ChatRules.Common(Error), Details]),
            Speaks = AnthropicKinds.Writing,
            Cost = Dollars,
            Errors = Errors,
        },
        new("OpenRouter, own key", "openai/gpt-5")
        {
            Host = "openrouter.ai",
            BasePath = "/api/v1",
            Settings = [("ReasoningEffort", "low"), ("ExtraBody", """{"provider":{"order":["openai"]}}""")],
            Entry = [Key],
            Doors = ReasoningKinds.Chat(Shape with { Usage = tokens => Usage(tokens, byok: true) }, [.. ChatRules.Common(Error), Details]),
            Cost = tokens => Dollars(tokens) * 1.05,
        },
        new("OpenRouter, route without tools", "mistralai/some-7b")
        {
            Host = "openrouter.ai",
            BasePath = "/api/v1",
            Entry = [Key],
            Doors = ReasoningKinds.Chat(Shape with { Dress = (_, _) => { } }, [
                .. ChatRules.Common(Error),
                Rules.Refuses("tools", _ => Error(404, "No endpoints found that support tool use. To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing")),
            ]),
            Cost = Dollars,
        },
        new("OpenRouter, DeepSeek behind it", "deepseek/deepseek-v4-pro")
        {
            Host = "openrouter.ai",
            BasePath = "/api/v1",
            Entry = [Key],
            Doors = ReasoningKinds.Chat(
                Shape with { Dress = (message, says) => ReasoningKinds.Put(message, "reasoning", says) },
                [
                    .. ChatRules.Common(Error),
                    new Rule("reasoning comes back", request => request.Assistants.Any(message => message["reasoning"] is null && message["reasoning_content"] is null && message["reasoning_details"] is null)
                        ? Upstream(400, "The `reasoning_content` in the thinking mode must be passed back to the API.", "DeepSeek") : null),
                ]),
            Cost = Dollars,
        },
    ];

    private static IReadOnlyList<ErrorCase> Errors { get; } =
    [
        new("wrong key", Error(401, "No auth credentials found"), Must.Deny("key")),
        new("no credit", Error(402, "Insufficient credits. Add more using https://openrouter.ai/settings/credits"), Must.Refuse("credit")),
        new("can only afford", request => request.Limit > 2_000
            ? Error(402, $"This request requires more credits, or fewer max_tokens. You requested up to {request.Limit} tokens, but can only afford 2000. To increase, visit https://openrouter.ai/settings/credits") : null,
            Must.Reply("All done", 2)),
        new("can afford nothing", request => Error(402, $"This request requires more credits, or fewer max_tokens. You requested up to {request.Limit} tokens, but can only afford 12."), Must.Refuse("credit") with { MostRequests = 2 }),
        new("budget in flight", Answer.Json(402, """{"error":{"code":402,"message":"Budget in flight","metadata":{"reason":"in_flight_budget_exhausted"}}}"""), Must.Wait()),
        new("budget too small", Answer.Json(402, """{"error":{"code":402,"message":"The request weighs more than the budget","metadata":{"reason":"weight_exceeds_budget"}}}"""), Must.Refuse()),
        new("moderation", Answer.Json(403, """{"error":{"code":403,"message":"openai/gpt-5 requires moderation on Azure. Your input was flagged for \"violence\".","metadata":{"reasons":["violence"],"flagged_input":"…","provider_name":"Azure"}}}"""), Must.Filter()),
        new("error in a 200", request => InStream(request, 502, "Provider returned error"), Must.Wait()),
        new("error after some words", request => InStream(request, 502, "Provider disconnected") is var answer && request.Streams
            ? answer with { Pieces = ["data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"All do\"},\"finish_reason\":null}]}\n\n", .. answer.Pieces] } : answer, Must.Wait()),
        new("overflow in a 200", request => InStream(request, 400, "This endpoint's maximum context length is 200000 tokens. However, you requested about 230000 tokens (221808 of text input, 8192 in the output)."), Must.Overflow("ContextTokens")),
        new("credit in a 200", request => InStream(request, 402, "Insufficient credits"), Must.Refuse("credit")),
        new("upstream throttles", Upstream(429, "gpt-5 is temporarily rate-limited upstream. Please retry shortly.", "OpenAI").With("Retry-After", "9"), Must.Wait(9)),
        new("nobody meets the routing", Error(503, "No instances available"), Must.Wait()),
        new("time-out", Error(408, "Request timed out"), Must.Wait()),
    ];

    private static ChatShape Shape { get; } = new()
    {
        Usage = tokens => Usage(tokens, byok: false),
        StreamUsage = StreamUsage.Last,
        Comments = ["OPENROUTER PROCESSING", "OPENROUTER PROCESSING"],
        Dress = (message, says) =>
        {
            if (says.Reasoning.Length == 0)
            {
                return;
            }

            message["reasoning"] = says.Reasoning;
            message["reasoning_details"] = new JsonArray(
                new JsonObject { ["type"] = "reasoning.text", ["text"] = says.Reasoning, ["format"] = "anthropic-claude-v1", ["index"] = 0, ["signature"] = $"ErUB+{says.Turn}/==" },
                new JsonObject { ["type"] = "reasoning.encrypted", ["data"] = $"gAAA{says.Turn}==", ["id"] = $"rs_{says.Turn}", ["format"] = "anthropic-claude-v1", ["index"] = 1 });
        },
    };

    private static Rule Key { get; } = Rules.Key(Error(401, "No auth credentials found"));

    private static Rule Details { get; } = EchoRules.Whole("reasoning_details", _ => Upstream(
        400, "messages.1.content.0: Invalid `signature` in `thinking` block", "Anthropic"));

    private static double Dollars(Tokens tokens) => Math.Round(new Price(2, 0.20, 10, 2.50).Of(tokens) * 1.05, 8);

    private static JsonObject Usage(Tokens tokens, bool byok)
    {
        var usage = Usages.OpenAiWriting(tokens);
        var cost = Dollars(tokens);

        // With a key of one's own the cost is only the fee; the upstream's bill comes beside it.
        usage["cost"] = byok ? Math.Round(cost * 0.05, 12) : cost;
        usage["is_byok"] = byok;
        usage["cost_details"] = new JsonObject { ["upstream_inference_cost"] = byok ? cost : null };
        return usage;
    }

    private static Answer Upstream(int status, string raw, string provider) => Answer.Json(status, new JsonObject
    {
        ["error"] = new JsonObject
        {
            ["message"] = "Provider returned error",
            ["code"] = status,
            ["metadata"] = new JsonObject { ["raw"] = raw, ["provider_name"] = provider },
        },
    }.ToJsonString());

    private static Answer InStream(EndpointRequest request, int code, string message)
    {
        var error = new JsonObject { ["code"] = code, ["message"] = message };
        return request.Streams
            ? Answer.Stream(
                [
                    new JsonObject
                    {
                        ["id"] = "gen-1",
                        ["object"] = "chat.completion.chunk",
                        ["model"] = request.Kind.Model,
                        ["error"] = error,
                        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = new JsonObject { ["content"] = "" }, ["finish_reason"] = "error" }),
                    },
                ],
                comments: ["OPENROUTER PROCESSING"])
            : Answer.Json(new JsonObject { ["error"] = error, ["user_id"] = "user_2x" });
    }
}

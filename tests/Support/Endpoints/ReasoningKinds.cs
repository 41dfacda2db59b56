using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Providers with <c>reasoning_content</c>: DeepSeek, Kimi, GLM. Each has a rule of its own for sending it back.</summary>
internal static class ReasoningKinds
{
    private static readonly ErrorForm Error = ErrorBodies.OpenAi;

    /// <summary>A chat whose reasoning stands in <c>reasoning_content</c>.</summary>
    public static ChatShape Shape { get; } = new() { Dress = (message, says) => Put(message, "reasoning_content", says) };

    public static IEnumerable<EndpointKind> All =>
    [
        new("DeepSeek V4", "deepseek-v4-pro")
        {
            Host = "api.deepseek.com",
            BasePath = "",
            Entry = [DeepSeekKey],
            Doors = Chat(Shape with { Usage = Usages.HitAndMiss }, [
                .. ChatRules.Common(Error),
                Rules.When("no schema", request => (string?)request.Body["response_format"]?["type"] == "json_schema", Error(400, "This response_format type is unavailable now", "invalid_request_error")).Learnable,
                EchoRules.Text("reasoning_content", onlyWithCalls: false, _ => Error(
                    400, "The `reasoning_content` in the thinking mode must be passed back to the API.", "invalid_request_error"), emptyPasses: true),
            ]),
            Price = new(0.66, 0.022, 1.98) { HasPeak = true },
            Errors = DeepSeekErrors,
        },
        new("DeepSeek, Messages door", "deepseek-flash")
        {
            Host = "api.deepseek.com",
            BasePath = "/anthropic/v1",
            Settings = [("Api", "messages"), ("KeyHeader", "x-api-key"), ("KeyPrefix", "")],
            Entry = [Rules.KeyEither(ErrorBodies.Anthropic(401, "Authentication Fails", type: "authentication_error"), "x-api-key")],
            Doors = AnthropicKinds.Door(new MessagesShape { AlwaysThinks = true, Signs = false }, MessagesRules.Thinking),
            Price = new(0.15, 0.003, 0.60) { HasPeak = true },
        },
        new("DeepSeek reasoner, retired", "deepseek-reasoner")
        {
            Host = "api.deepseek.com",
            Entry = [DeepSeekKey],
            Doors = Chat(Shape with { Usage = Usages.HitAndMiss }, [
                .. ChatRules.Common(Error),
                Rules.Refuses("tools", _ => Error(400, "deepseek-reasoner does not support Function Calling", "invalid_request_error")),
                EchoRules.Never("reasoning_content", Error(400, "The reasoning_content is an intermediate result for display purposes only and must not be included in the input messages.", "invalid_request_error")).Learnable,
            ]),
            Errors = [new("misnamed: no balance", Error(402, "Insufficient Balance", "invalid_request_error", "unknown_error"), Must.Refuse("credit"))],
        },
        new("Kimi K2.6", "kimi-k2.6")
        {
            Host = "api.moonshot.ai",
            Settings = [("Temperature", "0.3")],
            Entry = [KimiKey],
            Doors = Chat(Shape, [
                .. ChatRules.Common(Kimi),
                Rules.When("temperature is fixed", request => (double?)request.Body["temperature"] is { } value and not 1, Kimi(400, "invalid temperature: only 1 is allowed for this model")).Learnable,
                KimiEcho,
                ChatRules.NoEmptyAssistant(Kimi(400, "Invalid request: the message at position 5 with role 'assistant' must not be empty")),
                Rules.Window(262_144, request => Kimi(400, $"Invalid request: Your request exceeded model token limit: 262144 (requested: {request.PromptTokens + request.Limit})")),
            ]),
            Price = new(0.95, 0.16, 4),
            Errors = KimiErrors,
        },
        new("Kimi K3", "kimi-k3")
        {
            Host = "api.moonshot.ai",
            Settings = [("ReasoningEffort", "high")],
            Entry = [KimiKey],
            Doors = Chat(Shape, [
                .. ChatRules.Common(Kimi),
                KimiEcho,
                ChatRules.NoEmptyAssistant(Kimi(400, "Invalid request: the message at position 5 with role 'assistant' must not be empty")),
                Rules.When("effort", request => (string?)request.Body["reasoning_effort"] is not (null or "low" or "medium" or "high" or "max"), Kimi(400, "reasoning_effort must be one of low, medium, high, max")),
            ]),
            Price = new(3, 0.30, 15),
        },
        new("GLM 4.7", "glm-4.7")
        {
            Host = "api.z.ai",
            BasePath = "/api/paas/v4",
            Entry = [GlmKey],
            Doors = Chat(Shape, [.. ChatRules.Common(ErrorBodies.Coded), GlmEcho]),
            Price = new(0.60, 0.11, 2.20),
            Errors = GlmErrors,
        },
        new("GLM 5, coding plan", "glm-5")
        {
            Host = "api.z.ai",
            BasePath = "/api/coding/paas/v4",
            Settings = [("ExtraBody", """{"thinking":{"type":"enabled","clear_thinking":false}}"""), ("ReasoningEffort", "low")],
            Entry = [GlmKey],
            Doors = Chat(Shape, [
                .. ChatRules.Common(ErrorBodies.Coded),
                GlmEcho,
                Rules.When("thinking cannot be off", request => (string?)request.Body["thinking"]?["type"] == "disabled", ErrorBodies.Coded(400, "thinking.type disabled is not supported", "1210")),
            ]),
            Price = new(1, 0.20, 3.20),
        },
    ];

    public static void Put(JsonObject message, string field, Says says)
    {
        if (says.Reasoning.Length > 0)
        {
            message[field] = says.Reasoning;
        }
    }

    public static Dictionary<string, Door> Chat(IShape shape, IReadOnlyList<Rule> rules) => new() { ["/chat/completions"] = new(shape, rules) };

    private static Rule DeepSeekKey { get; } = Rules.Key(Error(401, "Authentication Fails, Your api key is invalid", "invalid_request_error", "authentication_error"));

    private static Rule KimiKey { get; } = Rules.Key(Kimi(401, "Invalid Authentication", type: "invalid_authentication_error"));

    private static Rule GlmKey { get; } = Rules.Key(ErrorBodies.Coded(401, "token expired or incorrect", "1000"));

    private static Rule KimiEcho { get; } = EchoRules.Text("reasoning_content", onlyWithCalls: true, index => Kimi(
        400, $"thinking is enabled but reasoning_content is missing in assistant tool call message at index {(2 * index) + 2}"));

    // Changed or missing reasoning is no error there: the answers get worse, and nothing is found in the cache.
    private static Rule GlmEcho { get; } = EchoRules.Text("reasoning_content", onlyWithCalls: true, _ => Error(200, "silently worse")).Noted;

    private static IReadOnlyList<ErrorCase> DeepSeekErrors { get; } =
    [
        new("no balance", Error(402, "Insufficient Balance", "invalid_request_error", "unknown_error"), Must.Refuse("credit")),
        new("bad parameter", Error(422, "Failed to deserialize the JSON body into the target type: temperature: invalid value"), Must.Refuse()),
        new("rate limit", Error(429, "Rate limit reached", "rate_limit_reached_error"), Must.Wait()),
        new("interrupted", request => Ended(request, "insufficient_system_resource"), Must.Wait()),
        new("overloaded", Error(503, "Service is too busy. We advise users to temporarily switch to alternative LLM API service providers."), Must.Wait()),
        new("too long", Error(400, "This model's maximum context length is 1048576 tokens. However, you requested 1060000 tokens (1051808 in the messages, 8192 in the completion). Please reduce the length of the messages or completion.", "invalid_request_error"), Must.Overflow("ContextTokens")),
    ];

    private static IReadOnlyList<ErrorCase> KimiErrors { get; } =
    [
        new("high risk", Kimi(400, "The request was rejected because it was considered high risk", type: "content_filter"), Must.Filter()),
        new("wrong site's key", Kimi(401, "Invalid Authentication", type: "invalid_authentication_error"), Must.Deny("address")),
        new("empty balance", Kimi(403, "Your account balance is insufficient.", type: "permission_denied_error"), Must.RefuseOrDeny("balance")),
        new("suspended", Kimi(429, "Your account org-x is suspended, please check your plan and billing details", type: "exceeded_current_quota_error"), Must.Refuse("credit")),
        new("overloaded", Kimi(429, "The engine is currently overloaded, please try again later", type: "engine_overloaded_error"), Must.Wait()),
        new("too long", Kimi(400, "Invalid request: Your request exceeded model token limit: 262144 (requested: 300000)"), Must.Overflow("ContextTokens")),
    ];

    private static IReadOnlyList<ErrorCase> GlmErrors { get; } =
    [
        new("no balance", ErrorBodies.Coded(429, "Insufficient balance or no resource package. Please recharge.", "1113"), Must.Refuse("Recharge")),
        new("locked", ErrorBodies.Coded(429, "Your account has been locked.", "1112"), Must.Refuse()),
        new("concurrency", ErrorBodies.Coded(429, "Rate limit reached for requests", "1302"), Must.Wait()),
        new("filtered reply", request => Ended(request, "sensitive"), Must.Finish(FinishReasons.ContentFilter)),
        new("window full in mid-answer", request => Ended(request, "model_context_window_exceeded"), Must.Finish(FinishReasons.Length)),
        new("no such model", ErrorBodies.Coded(400, "Unknown Model, please check the model code.", "1211"), Must.Refuse("model")),
    ];

    /// <summary>Half a reply that ended for a reason of the provider's own.</summary>
    private static Answer Ended(EndpointRequest request, string reason) => Shape.Say(request, new Says { Text = "Half" })
        .Rewritten(text => text.Replace("\"finish_reason\":\"stop\"", $"\"finish_reason\":\"{reason}\"", StringComparison.Ordinal));

    private static Answer Kimi(int status, string message, string? code = null, string? type = null, string? param = null) => Answer.Json(
        status, new JsonObject { ["error"] = new JsonObject { ["message"] = message, ["type"] = type ?? "invalid_request_error" } }.ToJsonString());
}

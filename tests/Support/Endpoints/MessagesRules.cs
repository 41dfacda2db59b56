using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>What Anthropic's Messages demand.</summary>
internal static class MessagesRules
{
    private static readonly ErrorForm Error = ErrorBodies.Anthropic;

    public static IReadOnlyList<Rule> Common { get; } =
    [
        Rules.When("header anthropic-version", request => request.Header("anthropic-version").Length == 0, Error(400, "anthropic-version: header is required")),
        Rules.When("model's name", request => (string?)request.Body["model"] != request.Kind.Model, request => Error(
            404, $"model: {(string?)request.Body["model"]}", type: "not_found_error")),
        Rules.When("max_tokens is required", request => request.NumberOf("max_tokens") is not > 0, Error(400, "max_tokens: Field required")),
        Rules.When("known fields", request => Strange(request.Body) is not null, request => Error(400, $"{Strange(request.Body)}: Extra inputs are not permitted")),
        Rules.When("roles user and assistant", request => request.Messages.Any(message => (string?)message["role"] is not ("user" or "assistant")), Error(
            400, "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \"system\" as an input message role.")),
        Rules.When("the first is a user's", request => (string?)request.Messages.FirstOrDefault()?["role"] != "user", Error(400, "messages: first message must use the \"user\" role")),
        Rules.When("no empty content", request => request.Messages.Any(IsEmpty), Error(400, "messages.1: all messages must have non-empty content except for the optional final assistant message")),
        Rules.When("no empty text block", request => Blocks(request).Any(block => (string?)block["type"] == "text" && string.IsNullOrWhiteSpace((string?)block["text"])),
            Error(400, "messages: text content blocks must contain non-whitespace text")),
        Rules.When("thinking is not the last block", request => request.Assistants.Any(message => (string?)BlocksOf(message).LastOrDefault()?["type"] is "thinking" or "redacted_thinking"), Error(
            400, "messages.5: The final block in an assistant message cannot be `thinking`.")),
        Rules.When("tools have input_schema", request => request.Objects("tools").Any(tool => tool["input_schema"] is not JsonObject || tool["name"] is null), Error(
            400, "tools.0.custom.input_schema: Field required")),
        Rules.When("input is an object", request => Blocks(request).Any(block => (string?)block["type"] == "tool_use" && block["input"] is not JsonObject), Error(
            400, "messages.1.content.0.tool_use.input: Input should be a valid dictionary")),
        Rules.When("results right after their calls, first in the message", request => Unanswered(request), Error(
            400, "messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_01. Each `tool_use` block must have a corresponding `tool_result` block in the next message.")),
        Rules.When("at most four cache marks", request => Count(request.Body, "cache_control") > 4, Error(400, "A maximum of 4 blocks with cache_control may be provided. Found 5.")),
    ];

    /// <summary>Thinking blocks come back in place and unchanged, while thinking is on.</summary>
    public static Rule Thinking { get; } = new("thinking blocks come back unchanged", request =>
    {
        var assistants = request.Assistants.ToList();
        for (var index = 0; index < assistants.Count && index < request.Said.Count; index++)
        {
            var went = Thoughts(request.Said[index] as JsonArray);
            var came = Thoughts(assistants[index]["content"] as JsonArray);
            if (came.Count != went.Count || came.Zip(went).Any(pair => !JsonNode.DeepEquals(pair.First, pair.Second)))
            {
                return Error(400, $"messages.{(2 * index) + 1}.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. "
                    + "These blocks must remain as they were in the original response.");
            }
        }

        return null;
    });

    /// <summary>The older form: a budget below the limit, and no sampling.</summary>
    public static IReadOnlyList<Rule> EnabledThinking { get; } =
    [
        Rules.When("budget_tokens from 1024", request => Budget(request) is < 1024, Error(400, "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")),
        Rules.When("max_tokens above budget_tokens", request => Budget(request) >= request.NumberOf("max_tokens"), Error(
            400, "`max_tokens` must be greater than `thinking.budget_tokens`.")),
        Rules.When("no temperature with thinking", request => Budget(request) is not null && request.Body.ContainsKey("temperature"), Error(
            400, "`temperature` may only be set to 1 when thinking is enabled.")),
        Rules.When("no adaptive thinking", request => (string?)request.Body["thinking"]?["type"] == "adaptive", Error(400, "adaptive thinking is not supported on this model")),
        Rules.When("no effort", request => request.Body["output_config"]?["effort"] is not null, Error(400, "This model does not support the effort parameter.")) with { Must = false },
    ];

    /// <summary>The newer form: adaptive only.</summary>
    public static Rule OnlyAdaptive { get; } = Rules.When("no thinking of type enabled", request => (string?)request.Body["thinking"]?["type"] == "enabled", Error(
        400, "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and \"output_config.effort\" to control thinking behavior.")) with { Must = false };

    public static Rule ReplyLimit(int most) => Rules.ReplyLimit(most, request => Error(
        400, $"max_tokens: {request.Limit} > {most}, which is the maximum allowed number of output tokens for {request.Kind.Model}"));

    private static int? Budget(EndpointRequest request) =>
        (string?)request.Body["thinking"]?["type"] == "enabled" ? (int?)request.Body["thinking"]!["budget_tokens"] ?? 0 : null;

    private static List<JsonNode> Thoughts(JsonArray? blocks) =>
        [.. (blocks ?? []).Where(block => (string?)block!["type"] is "thinking" or "redacted_thinking").Select(block => Bare(block!))];

    // A cache mark is no change, though it may not stand on a thinking block at all.
    private static JsonNode Bare(JsonNode block) => block.DeepClone();

    private static string? Strange(JsonObject body) => body.Select(field => field.Key).FirstOrDefault(name => name is not (
        "model" or "messages" or "max_tokens" or "system" or "tools" or "tool_choice" or "thinking" or "output_config" or "stream" or "temperature" or "top_p"
        or "top_k" or "stop_sequences" or "metadata" or "service_tier" or "cache_control" or "context_management"));

    private static IEnumerable<JsonObject> Blocks(EndpointRequest request) => request.Messages.SelectMany(BlocksOf);

    private static IEnumerable<JsonObject> BlocksOf(JsonObject message) => (message["content"] as JsonArray ?? []).OfType<JsonObject>();

    private static bool IsEmpty(JsonObject message) =>
        message["content"] switch { JsonArray { Count: 0 } => true, JsonValue text => string.IsNullOrEmpty((string?)text), null => true, _ => false };

    private static bool Unanswered(EndpointRequest request)
    {
        var messages = request.Messages.ToList();
        for (var index = 0; index < messages.Count; index++)
        {
            var calls = BlocksOf(messages[index]).Where(block => (string?)block["type"] == "tool_use").Select(block => (string?)block["id"]).ToHashSet();
            var next = index + 1 < messages.Count ? BlocksOf(messages[index + 1]).ToList() : [];
            var results = next.TakeWhile(block => (string?)block["type"] == "tool_result").Select(block => (string?)block["tool_use_id"]).ToHashSet();
            if (!calls.SetEquals(results) || next.Skip(results.Count).Any(block => (string?)block["type"] == "tool_result"))
            {
                return true;
            }
        }

        return false;
    }

    private static int Count(JsonNode? node, string field) => node switch
    {
        JsonObject item => item.Sum(entry => (entry.Key == field ? 1 : 0) + Count(entry.Value, field)),
        JsonArray list => list.Sum(entry => Count(entry, field)),
        _ => 0,
    };
}

using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>What OpenAI's Responses demand.</summary>
internal static class ResponsesRules
{
    private static readonly ErrorForm Error = ErrorBodies.OpenAi;

    public static IReadOnlyList<Rule> Common { get; } =
    [
        Rules.When("model's name", request => (string?)request.Body["model"] != request.Kind.Model, request => Error(
            400, $"The requested model '{(string?)request.Body["model"]}' does not exist.", "model_not_found", null, "model")),
        Rules.When("known fields", request => Strange(request.Body) is not null, request => Error(
            400, $"Unknown parameter: '{Strange(request.Body)}'.", "unknown_parameter", null, Strange(request.Body))),
        Rules.When("input", request => request.Body["input"] is null or JsonArray { Count: 0 }, Error(400, "Missing required parameter: 'input'.", "missing_required_parameter", null, "input")),
        Rules.When("flat tools", request => request.Objects("tools").Any(tool => (string?)tool["type"] == "function" && tool["name"] is null), Error(
            400, "Missing required parameter: 'tools[0].name'.", "missing_required_parameter", null, "tools[0].name")),
        Rules.When("max_output_tokens from 16", request => request.NumberOf("max_output_tokens") is < 16, Error(
            400, "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16.", "integer_below_min_value", null, "max_output_tokens")),
        Rules.When("known items", request => Items(request).Any(item => TypeOf(item) is not ("message" or "function_call" or "function_call_output" or "reasoning")), Error(
            400, "Invalid value: 'tool'. Supported values are: 'message', 'function_call', …", "invalid_value", null, "input[2]")),
        Rules.When("roles", request => Items(request).Any(item => TypeOf(item) == "message" && (string?)item["role"] is not ("user" or "assistant" or "system" or "developer")), Error(
            400, "Invalid value: 'tool'. Supported values are: 'assistant', 'system', 'developer', and 'user'.", "invalid_value", null, "input[2]")),
        new Rule("every call has its output", request => Ids(request, "function_call").Except(Ids(request, "function_call_output")).FirstOrDefault() is { } open
            ? Error(400, $"No tool output found for function call {open}.", null, null, "input") : null),
        new Rule("every output has its call", request => Ids(request, "function_call_output").Except(Ids(request, "function_call")).FirstOrDefault() is { } orphan
            ? Error(400, $"No tool call found for function call output with call_id {orphan}.", null, null, "input") : null),
        new Rule("nothing by id alone", request => request.Body["store"] is JsonValue store && !store.GetValue<bool>()
            && Items(request).FirstOrDefault(item => TypeOf(item) == "reasoning" && item["encrypted_content"] is null) is { } item
            ? Error(404, $"Item with id '{(string?)item["id"]}' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.", null, null, "input")
            : null),
        new Rule("items in order with what they require", Broken),
        new Rule("encrypted content unchanged", request => Items(request).FirstOrDefault(item => TypeOf(item) == "reasoning" && !Said(request).Any(said => Same(said, item))) is { } item
            ? Error(400, $"The encrypted content for item {(string?)item["id"]} could not be verified.", "invalid_encrypted_content") : null),
    ];

    private static Answer? Broken(EndpointRequest request)
    {
        var items = Items(request).ToList();

        // What the model reasoned before it called must come with the call, and right before it.
        foreach (var said in request.Said.OfType<JsonArray>())
        {
            var reasoning = said.OfType<JsonObject>().FirstOrDefault(item => TypeOf(item) == "reasoning");
            var call = said.OfType<JsonObject>().FirstOrDefault(item => TypeOf(item) == "function_call");
            if (reasoning is null || call is null)
            {
                continue;
            }

            var at = items.FindIndex(item => TypeOf(item) == "function_call" && (string?)item["call_id"] == (string?)call["call_id"]);
            var before = items.FindIndex(item => TypeOf(item) == "reasoning" && (string?)item["id"] == (string?)reasoning["id"]);
            if (at >= 0 && (before < 0 || before > at))
            {
                return Error(400, $"Item '{(string?)call["id"]}' of type 'function_call' was provided without its required 'reasoning' item: '{(string?)reasoning["id"]}'.", null, null, "input");
            }
        }

        for (var index = 0; index < items.Count; index++)
        {
            if (TypeOf(items[index]) == "reasoning" && (index + 1 == items.Count || TypeOf(items[index + 1]) is "function_call_output"
                || (TypeOf(items[index + 1]) == "message" && (string?)items[index + 1]["role"] != "assistant")))
            {
                return Error(400, $"Item '{(string?)items[index]["id"]}' of type 'reasoning' was provided without its required following item.", null, null, "input");
            }
        }

        return null;
    }

    private static IEnumerable<JsonObject> Said(EndpointRequest request) => request.Said.OfType<JsonArray>().SelectMany(items => items.OfType<JsonObject>());

    private static bool Same(JsonObject said, JsonObject item) =>
        (string?)said["id"] == (string?)item["id"] && (string?)said["encrypted_content"] == (string?)item["encrypted_content"];

    private static IEnumerable<JsonObject> Items(EndpointRequest request) => request.Objects("input");

    private static string TypeOf(JsonObject item) => (string?)item["type"] ?? "message";

    private static IEnumerable<string?> Ids(EndpointRequest request, string type) => Items(request).Where(item => TypeOf(item) == type).Select(item => (string?)item["call_id"]);

    private static string? Strange(JsonObject body) => body.Select(field => field.Key).FirstOrDefault(name => name is not (
        "model" or "input" or "instructions" or "max_output_tokens" or "reasoning" or "text" or "tools" or "tool_choice" or "parallel_tool_calls" or "store" or "include"
        or "prompt_cache_key" or "prompt_cache_retention" or "prompt_cache_options" or "previous_response_id" or "stream" or "stream_options" or "temperature" or "top_p"
        or "metadata" or "service_tier" or "truncation" or "user" or "safety_identifier"));
}

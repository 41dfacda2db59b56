using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>What chat completion endpoints demand of a conversation.</summary>
internal static partial class ChatRules
{
    /// <summary>What every one of them checks, in this form of error.</summary>
    public static IReadOnlyList<Rule> Common(ErrorForm error, string tokensField = "max_tokens") =>
    [
        Rules.When("model's name", request => (string?)request.Body["model"] != request.Kind.Model, request => error(
            404, $"The model `{(string?)request.Body["model"]}` does not exist or you do not have access to it.", "model_not_found")),
        Rules.When("messages", request => !request.Messages.Any(), error(400, "Invalid type for 'messages': expected a list of messages.", null, null, "messages")),
        Rules.When("known roles", request => request.Messages.Any(message => (string?)message["role"] is not ("system" or "developer" or "user" or "assistant" or "tool")),
            error(400, "Invalid value: 'role'. Supported values are: 'system', 'assistant', 'user', 'tool' and 'developer'.", "invalid_value")),
        Rules.When("stream_options only with a stream", request => !request.Streams && request.Body.ContainsKey("stream_options"),
            error(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", null, null, "stream_options")),
        Rules.When("an assistant says something", request => request.Assistants.Any(IsEmpty), error(400, "Invalid value for 'content': expected a string, got null.", null, null, "messages")),
        Rules.When("arguments are JSON", request => Calls(request).Any(call => !IsJson((string?)call["function"]?["arguments"])),
            error(400, "Invalid 'messages[2].tool_calls[0].function.arguments': expected valid JSON.", "invalid_value")),
        Rules.When("every call is answered", request => Unanswered(request.Messages), error(
            400, "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.", null, null, "messages")),
        Rules.When("every answer has a call", request => Orphaned(request.Messages), error(
            400, "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.", null, null, "messages")),
        Rules.When("a limit above 0", request => request.Body.ContainsKey(tokensField) && request.NumberOf(tokensField) is not > 0,
            error(400, $"Invalid value for '{tokensField}': must be at least 1.", "integer_below_min_value", null, tokensField)),
    ];

    /// <summary>Ids of exactly nine letters and digits, in call and answer (Mistral).</summary>
    public static Rule NineLetters(ErrorForm error) => new("ids of nine letters and digits", request =>
        Calls(request).Select(call => (string?)call["id"])
            .Concat(request.Messages.Where(message => (string?)message["role"] == "tool").Select(message => (string?)message["tool_call_id"]))
            .FirstOrDefault(id => id is null || !Nine().IsMatch(id)) is { } wrong
            ? error(400, $"Tool call id was {wrong} but must be a-z, A-Z, 0-9, with a length of 9.", "3280")
            : null);

    /// <summary>No user directly after a tool (Mistral).</summary>
    public static Rule NoUserAfterTool(ErrorForm error) => Rules.When(
        "no user after tool",
        request => request.Messages.Zip(request.Messages.Skip(1)).Any(pair => ((string?)pair.First["role"], (string?)pair.Second["role"]) is ("tool", "user")),
        error(400, "Unexpected role 'user' after role 'tool'", "3230")).Learnable;

    /// <summary>An assistant's message without text and without calls, whatever else it has.</summary>
    public static Rule NoEmptyAssistant(Answer refusal) => Rules.When(
        "no empty assistant message",
        request => request.Assistants.Any(message => message["tool_calls"] is not JsonArray { Count: > 0 } && message["content"] is null or JsonArray { Count: 0 }
            || (message["tool_calls"] is not JsonArray { Count: > 0 } && message["content"] is JsonValue text && string.IsNullOrEmpty((string?)text))),
        refusal);

    /// <summary>The system message stands at the beginning and nowhere else.</summary>
    public static Rule SystemFirst(ErrorForm error) => Rules.When(
        "system at the beginning",
        request => request.Messages.Skip(1).Any(message => (string?)message["role"] == "system"),
        error(500, "Jinja Exception: System message must be at the beginning.", null, "server_error"));

    /// <summary>Calls of the conversation, in order.</summary>
    public static IEnumerable<JsonObject> Calls(EndpointRequest request) =>
        request.Assistants.SelectMany(message => (message["tool_calls"] as JsonArray ?? []).OfType<JsonObject>());

    private static bool IsEmpty(JsonObject message) => message["content"] is null && message["tool_calls"] is not JsonArray { Count: > 0 } && message["refusal"] is null;

    private static bool IsJson(string? text)
    {
        try
        {
            return text is not null && JsonNode.Parse(text) is JsonObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool Unanswered(IEnumerable<JsonObject> messages)
    {
        var open = new HashSet<string>();
        foreach (var message in messages)
        {
            if ((string?)message["role"] == "tool")
            {
                open.Remove((string?)message["tool_call_id"] ?? "");
                continue;
            }

            if (open.Count > 0)
            {
                return true;
            }

            open.UnionWith((message["tool_calls"] as JsonArray ?? []).Select(call => (string?)call!["id"] ?? ""));
        }

        return open.Count > 0;
    }

    private static bool Orphaned(IEnumerable<JsonObject> messages)
    {
        var known = new HashSet<string>();
        foreach (var message in messages)
        {
            if ((string?)message["role"] == "tool" && !known.Remove((string?)message["tool_call_id"] ?? ""))
            {
                return true;
            }

            known.UnionWith((message["tool_calls"] as JsonArray ?? []).Select(call => (string?)call!["id"] ?? ""));
        }

        return false;
    }

    [GeneratedRegex("^[a-zA-Z0-9]{9}$")]
    private static partial Regex Nine();
}

using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>The list <c>messages</c> of a chat completion request.</summary>
internal static class ChatMessages
{
    /// <summary>The documented word for a signature that Gemini did not write.</summary>
    private const string NoSignature = "skip_thought_signature_validator";

    public static JsonArray Of(IReadOnlyList<SentEntry> entries, BodyForm form)
    {
        var array = new JsonArray();
        foreach (var entry in entries)
        {
            switch (entry)
            {
                case SentAnswer answer:
                    array.Add((JsonNode)Answer(answer, form));
                    break;
                case SentResult result:
                    array.Add((JsonNode)new JsonObject { ["role"] = ChatRoles.Tool, ["tool_call_id"] = result.CallId, ["content"] = result.Content });
                    break;
                case SentWords { Role: ChatRoles.User } words when form.WordsInResults && IsResult(array.LastOrDefault()):
                    array[^1]!["content"] = $"{(string?)array[^1]!["content"]}\n\n{words.Content}";
                    break;
                case SentWords words:
                    array.Add((JsonNode)new JsonObject { ["role"] = words.Role, ["content"] = words.Content });
                    break;
            }
        }

        return array;
    }

    private static bool IsResult(JsonNode? message) => (string?)message?["role"] == ChatRoles.Tool;

    private static JsonObject Answer(SentAnswer answer, BodyForm form)
    {
        var message = new JsonObject { ["role"] = ChatRoles.Assistant, ["content"] = answer.Content.Length > 0 || answer.Calls.Count == 0 ? answer.Content : null };
        if (answer.Calls.Count > 0)
        {
            message["tool_calls"] = new JsonArray([.. answer.Calls.Select(call => new JsonObject
            {
                ["id"] = call.Id,
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments },
            })]);
        }

        if (answer.Echo is JsonObject echo)
        {
            ChatEcho.AddTo(message, echo);
        }

        if (form.ReasoningFill is { } fill && (message[ChatEcho.ReasoningContent]?.ToString() ?? "").Length == 0)
        {
            message[ChatEcho.ReasoningContent] = fill;
        }

        // Of parallel calls only the first carries a signature.
        if (form.SignatureFill && message["tool_calls"] is JsonArray calls && calls.All(call => call!["extra_content"] is null))
        {
            calls[0]!["extra_content"] = new JsonObject { ["google"] = new JsonObject { ["thought_signature"] = NoSignature } };
        }

        return message;
    }
}

using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>The list <c>messages</c> of a Messages request: the roles take turns, and results stand first in the message that answers calls.</summary>
internal static class MessagesList
{
    /// <summary>Most marks that a request may have.</summary>
    private const int MostMarks = 4;

    public static JsonArray Of(IReadOnlyList<SentEntry> entries)
    {
        var messages = new JsonArray();
        foreach (var entry in entries)
        {
            switch (entry)
            {
                case SentAnswer answer:
                    Add(messages, ChatRoles.Assistant, answer.Echo is JsonArray blocks ? Own(blocks, answer.Calls) : Foreign(answer));
                    break;
                case SentResult result:
                    Add(messages, ChatRoles.User, [new JsonObject { ["type"] = "tool_result", ["tool_use_id"] = result.CallId, ["content"] = result.Content }]);
                    break;
                case SentWords words:
                    // Only the first words of the system have a field of their own.
                    Add(messages, ChatRoles.User, words.Content.Length > 0 ? [Text(words.Content)] : []);
                    break;
            }
        }

        // A conversation begins with the user.
        if (messages.Count > 0 && (string?)messages[0]!["role"] == ChatRoles.Assistant)
        {
            messages.Insert(0, new JsonObject { ["role"] = ChatRoles.User, ["content"] = new JsonArray(Text("Go on.")) });
        }

        return messages;
    }

    public static JsonObject Text(string text) => new() { ["type"] = "text", ["text"] = text };

    /// <summary>
    /// Marks where the provider's cache may begin: after tools and system text, and after the newest messages of the user, so that the next
    /// request finds the mark of this one.
    /// </summary>
    public static void Mark(JsonObject body)
    {
        var marks = 0;
        if (body["system"] is JsonArray { Count: > 0 } system)
        {
            Mark(system[^1]!);
            marks++;
        }

        foreach (var message in body["messages"]!.AsArray().Reverse().Where(message => (string?)message!["role"] == ChatRoles.User))
        {
            if (marks >= MostMarks - 1)
            {
                break;
            }

            // A mark looks back twenty blocks, so a message of many results has one between.
            var content = message!["content"]!.AsArray();
            Mark(content[^1]!);
            marks++;
            if (content.Count > 18 && marks < MostMarks)
            {
                Mark(content[content.Count / 2]!);
                marks++;
            }
        }
    }

    private static void Mark(JsonNode block) => block["cache_control"] = new JsonObject { ["type"] = "ephemeral" };

    private static void Add(JsonArray messages, string role, IEnumerable<JsonObject> blocks)
    {
        var all = blocks.ToList();
        if (all.Count == 0)
        {
            return;
        }

        if (messages.Count > 0 && (string?)messages[^1]!["role"] == role)
        {
            var content = messages[^1]!["content"]!.AsArray();
            all.ForEach(block => content.Add((JsonNode)block));
            return;
        }

        messages.Add((JsonNode)new JsonObject { ["role"] = role, ["content"] = new JsonArray([.. all]) });
    }

    // Blocks go back as they came, in place; only what the provider itself refuses is left out.
    private static IEnumerable<JsonObject> Own(JsonArray blocks, IReadOnlyList<SentCall> calls)
    {
        var number = 0;
        var kept = blocks.OfType<JsonObject>().Where(block => (string?)block["type"] != "text" || !string.IsNullOrWhiteSpace((string?)block["text"])).ToList();

        // Thinking that led to nothing: the reply was cut, or was an end without a word.
        while (kept.Count > 0 && (string?)kept[^1]["type"] is "thinking" or "redacted_thinking")
        {
            kept.RemoveAt(kept.Count - 1);
        }

        foreach (var block in kept)
        {
            var type = (string?)block["type"];
            var sent = (JsonObject)block.DeepClone();
            if (type == "tool_use" && number < calls.Count)
            {
                var call = calls[number++];
                sent["id"] = call.Id;
                if (sent["input"] is not JsonObject)
                {
                    sent["input"] = JsonNode.Parse(call.Arguments);
                }
            }

            yield return sent;
        }
    }

    private static IEnumerable<JsonObject> Foreign(SentAnswer answer)
    {
        if (!string.IsNullOrWhiteSpace(answer.Content))
        {
            yield return Text(answer.Content);
        }

        foreach (var call in answer.Calls)
        {
            yield return new JsonObject { ["type"] = "tool_use", ["id"] = call.Id, ["name"] = call.Name, ["input"] = JsonNode.Parse(call.Arguments) };
        }
    }
}

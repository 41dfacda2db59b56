using System.Globalization;
using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>OpenAI's Responses.</summary>
internal sealed record ResponsesShape : IShape
{
    /// <summary>Whether the model reasons, so that its items come with a reasoning item.</summary>
    public bool Reasons { get; init; } = true;

    public JsonNode Message(EndpointRequest request, Says says) => Items(request, says);

    public Answer Say(EndpointRequest request, Says says)
    {
        var items = Items(request, says);
        var whole = Envelope(request, says, items);
        return request.Streams ? Answer.Events(Events(request, says, items, whole)) : Answer.Json(whole);
    }

    private static JsonObject Envelope(EndpointRequest request, Says says, JsonArray items) => new()
    {
        ["id"] = string.Create(CultureInfo.InvariantCulture, $"resp_{request.Number:d4}"),
        ["object"] = "response",
        ["created_at"] = 1_795_000_000,
        ["status"] = says.Finish is Finish.Length or Finish.Filter ? "incomplete" : "completed",
        ["error"] = null,
        ["incomplete_details"] = says.Finish switch
        {
            Finish.Length => new JsonObject { ["reason"] = "max_output_tokens" },
            Finish.Filter => new JsonObject { ["reason"] = "content_filter" },
            _ => null,
        },
        ["model"] = request.Kind.Model,
        ["output"] = items.DeepClone(),
        ["store"] = request.Body["store"]?.DeepClone() ?? true,
        ["usage"] = Usages.Responses(says.Tokens),
    };

    private JsonArray Items(EndpointRequest request, Says says)
    {
        var items = new JsonArray();
        if (Reasons && says.Reasoning.Length > 0)
        {
            var item = new JsonObject
            {
                ["type"] = "reasoning",
                ["id"] = $"rs_{says.Turn:d4}",
                ["summary"] = new JsonArray(new JsonObject { ["type"] = "summary_text", ["text"] = says.Reasoning }),
            };
            if (request.Body["include"] is JsonArray include && include.Any(value => (string?)value == "reasoning.encrypted_content"))
            {
                item["encrypted_content"] = $"gAAAAABo{says.Turn:d4}+/encrypted==";
            }

            items.Add((JsonNode)item);
        }

        if (says.Text.Length > 0)
        {
            items.Add((JsonNode)new JsonObject
            {
                ["type"] = "message",
                ["id"] = $"msg_{says.Turn:d4}",
                ["role"] = "assistant",
                ["status"] = says.Finish == Finish.Length ? "incomplete" : "completed",
                ["content"] = new JsonArray(says.Finish == Finish.Refusal
                    ? new JsonObject { ["type"] = "refusal", ["refusal"] = says.Text }
                    : new JsonObject { ["type"] = "output_text", ["text"] = says.Text, ["annotations"] = new JsonArray() }),
            });
        }

        for (var index = 0; index < says.Commands.Count; index++)
        {
            items.Add((JsonNode)new JsonObject
            {
                ["type"] = "function_call",
                ["id"] = $"fc_{says.Turn:d4}{index}",
                ["call_id"] = $"call_{says.Turn:d4}{index}Xy",
                ["name"] = "shell",
                ["arguments"] = new JsonObject { ["command"] = says.Commands[index] }.ToJsonString(),
                ["status"] = "completed",
            });
        }

        return items;
    }

    private static List<JsonObject> Events(EndpointRequest request, Says says, JsonArray items, JsonObject whole)
    {
        var empty = Envelope(request, says, []);
        (empty["status"], empty["usage"], empty["incomplete_details"]) = ("in_progress", null, null);
        List<JsonObject> events =
        [
            new() { ["type"] = "response.created", ["response"] = empty },
            new() { ["type"] = "response.in_progress", ["response"] = empty.DeepClone() },
        ];
        for (var index = 0; index < items.Count; index++)
        {
            var item = items[index]!.AsObject();
            var added = item.DeepClone().AsObject();
            foreach (var field in new[] { "summary", "content" }.Where(added.ContainsKey))
            {
                added[field] = new JsonArray();
            }

            // The one of the beginning may be incomplete: only the last counts.
            added.Remove("encrypted_content");
            if (added.ContainsKey("arguments"))
            {
                added["arguments"] = "";
            }

            events.Add(new JsonObject { ["type"] = "response.output_item.added", ["output_index"] = index, ["item"] = added });
            events.AddRange(Pieces(item, index));
            events.Add(new JsonObject { ["type"] = "response.output_item.done", ["output_index"] = index, ["item"] = item.DeepClone() });
        }

        events.Add(new JsonObject { ["type"] = says.Finish is Finish.Length or Finish.Filter ? "response.incomplete" : "response.completed", ["response"] = whole });
        for (var number = 0; number < events.Count; number++)
        {
            events[number]["sequence_number"] = number;
        }

        return events;
    }

    private static IEnumerable<JsonObject> Pieces(JsonObject item, int index)
    {
        var (text, name, part) = (string)item["type"]! switch
        {
            "function_call" => ((string)item["arguments"]!, "response.function_call_arguments", null),
            "reasoning" => ((string)item["summary"]![0]!["text"]!, "response.reasoning_summary_text", null),
            _ => item["content"]![0] is var content && (string?)content!["type"] == "refusal"
                ? ((string)content["refusal"]!, "response.refusal", content)
                : ((string)item["content"]![0]!["text"]!, "response.output_text", item["content"]![0]),
        };
        if (part is not null)
        {
            var begun = part.DeepClone().AsObject();
            begun[(string)part["type"]! == "refusal" ? "refusal" : "text"] = "";
            yield return Event("response.content_part.added", "part", begun);
        }

        foreach (var piece in Deltas.Pieces(text))
        {
            yield return Event($"{name}.delta", "delta", piece);
        }

        yield return Event($"{name}.done", name.EndsWith("arguments", StringComparison.Ordinal) ? "arguments" : "text", text);
        if (part is not null)
        {
            yield return Event("response.content_part.done", "part", part.DeepClone());
        }

        JsonObject Event(string type, string field, JsonNode value) => new()
        {
            ["type"] = type,
            ["item_id"] = item["id"]!.DeepClone(),
            ["output_index"] = index,
            ["content_index"] = 0,
            [field] = value,
        };
    }
}

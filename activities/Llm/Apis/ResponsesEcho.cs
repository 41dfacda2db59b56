using System.Text.Json.Nodes;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>Output items of a reply as input items of the next request.</summary>
internal static class ResponsesEcho
{
    /// <summary>The items that can go back, in order, and unchanged unless one of them would have the request refused.</summary>
    /// <param name="items">All output items.</param>
    /// <param name="calls">The calls among them, with arguments that can be sent.</param>
    public static IEnumerable<JsonObject> Sendable(JsonArray items, IReadOnlyList<SentCall> calls)
    {
        var all = items.OfType<JsonObject>().ToList();
        var kept = all.Where(item => !IsReasoning(item) || HasContent(item)).ToList();

        // Reasoning must be followed by what came of it; a reply that was cut while it thought has nothing.
        while (kept.Count > 0 && IsReasoning(kept[^1]))
        {
            kept.RemoveAt(kept.Count - 1);
        }

        // An id stands for an item that the provider keeps or that came with its reasoning; without that it refuses the id.
        var withIds = kept.Count(IsReasoning) == all.Count(IsReasoning);
        var number = 0;
        foreach (var item in kept)
        {
            var sent = (JsonObject)item.DeepClone();
            if (!withIds)
            {
                sent.Remove("id");
            }

            if ((string?)sent["type"] == "function_call" && number < calls.Count)
            {
                var call = calls[number++];
                sent["call_id"] = call.Id;
                if (sent["arguments"] is not JsonValue text || !text.TryGetValue<string>(out var arguments) || arguments != call.Arguments)
                {
                    sent["arguments"] = call.Arguments;
                }
            }

            yield return sent;
        }
    }

    private static bool IsReasoning(JsonObject item) => item["type"] is JsonValue type && type.ToString() == "reasoning";

    // A provider that keeps nothing knows an item by its content only.
    private static bool HasContent(JsonObject item) =>
        item["encrypted_content"] is JsonValue || item["content"] is JsonArray { Count: > 0 } || item["id"] is null;
}

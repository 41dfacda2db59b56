using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>
/// What of a chat completion message goes back with the next request: reasoning, signed or not, by the names that providers are known to
/// want. All else stays here, because others refuse fields that they do not know.
/// </summary>
internal static class ChatEcho
{
    public const string ReasoningContent = "reasoning_content";

    private const string ToolCalls = "tool_calls";

    private static readonly string[] Fields = [ReasoningContent, "reasoning", "reasoning_details", "thinking_blocks", "extra_content"];

    private static readonly string[] CallFields = ["extra_content", "provider_specific_fields"];

    /// <summary>What goes back, as the text of an object.</summary>
    /// <param name="message">The message as it came.</param>
    /// <param name="calls">Its calls as they came, in the order in which they are kept.</param>
    /// <param name="always">There is something that only its own provider may see, such as an id of a form of its own.</param>
    /// <returns>Null where nothing goes back.</returns>
    public static string? Of(JsonElement message, IReadOnlyList<JsonElement> calls, bool always)
    {
        var echo = new JsonObject();
        foreach (var name in Fields)
        {
            if (Lenient.Field(message, name) is { } value)
            {
                echo[name] = JsonNode.Parse(value.GetRawText());
            }
        }

        // A list with pieces of thinking goes back as a list; one of text alone is text.
        if (Lenient.Items(message, "content").Any(part => part.ValueKind == JsonValueKind.Object && Lenient.String(part, "type") is not (null or "text")))
        {
            echo["content"] = JsonNode.Parse(Lenient.Field(message, "content")!.Value.GetRawText());
        }

        var extras = new JsonObject();
        for (var i = 0; i < calls.Count; i++)
        {
            var extra = new JsonObject();
            foreach (var name in CallFields)
            {
                if (Lenient.Field(calls[i], name) is { } value)
                {
                    extra[name] = JsonNode.Parse(value.GetRawText());
                }
            }

            if (extra.Count > 0)
            {
                extras[i.ToString()] = extra;
            }
        }

        if (extras.Count > 0)
        {
            echo[ToolCalls] = extras;
        }

        return echo.Count > 0 || always ? echo.ToJsonString(SparkJson.Options) : null;
    }

    /// <summary>Adds it to the message that is sent.</summary>
    public static void AddTo(JsonObject message, JsonObject echo)
    {
        foreach (var (name, value) in echo)
        {
            if (name != ToolCalls)
            {
                message[name] = value?.DeepClone();
                continue;
            }

            foreach (var (index, extra) in value!.AsObject())
            {
                if (message[ToolCalls] is JsonArray calls && int.TryParse(index, out var at) && at < calls.Count)
                {
                    foreach (var (field, content) in extra!.AsObject())
                    {
                        calls[at]![field] = content?.DeepClone();
                    }
                }
            }
        }
    }
}

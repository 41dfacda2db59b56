using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>What providers want back of what they said, unchanged. The n-th assistant message answers to the n-th thing said.</summary>
internal static class EchoRules
{
    /// <summary>A text field that comes back, byte by byte, on the messages that are chosen.</summary>
    /// <param name="field">The field.</param>
    /// <param name="onlyWithCalls">Only messages with tool calls need it.</param>
    /// <param name="refusal">Words for the message of a number.</param>
    /// <param name="emptyPasses">An empty text is as good as the right one.</param>
    public static Rule Text(string field, bool onlyWithCalls, Func<int, Answer> refusal, bool emptyPasses = false) => new(
        $"{field} comes back", request => First(request, (message, said) =>
        {
            if (onlyWithCalls && message["tool_calls"] is null)
            {
                return false;
            }

            var (came, went) = ((string?)message[field], said is JsonObject told ? (string?)told[field] ?? "" : "");

            // What another model wrote may come with anything that is not nothing.
            return came is null || (said is null ? came.Length == 0 && !emptyPasses : came != went && !(emptyPasses && came.Length == 0));
        }) is { } index ? refusal(index) : null);

    /// <summary>A field of any kind that comes back as it was, on messages that had it.</summary>
    public static Rule Whole(string field, Func<int, Answer> refusal) => new(
        $"{field} comes back",
        request => First(request, (message, said) => said is JsonObject told && told[field] is { } went && !JsonNode.DeepEquals(message[field], went)) is { } index
            ? refusal(index) : null);

    /// <summary>A field that must not be sent (the retired reasoner).</summary>
    public static Rule Never(string field, Answer refusal) =>
        Rules.When($"{field} is not sent", request => request.Assistants.Any(message => message.ContainsKey(field)), refusal);

    /// <summary>The signatures of the tool calls, where they were (Gemini).</summary>
    public static Rule CallExtra(string vendor, Func<string, Answer> refusal) => new(
        "thought signatures come back", request =>
        {
            foreach (var (message, said) in Pairs(request))
            {
                var went = (said?["tool_calls"] as JsonArray ?? []).OfType<JsonObject>().ToList();
                var came = (message["tool_calls"] as JsonArray ?? []).OfType<JsonObject>().ToList();
                for (var index = 0; index < came.Count; index++)
                {
                    // What another model wrote has no signature: the documented word stands in its place.
                    var signature = said is null && index == 0 ? "skip_thought_signature_validator"
                        : (string?)(index < went.Count ? went[index] : null)?["extra_content"]?[vendor]?["thought_signature"];
                    if (signature is not null && (string?)came[index]["extra_content"]?[vendor]?["thought_signature"] != signature)
                    {
                        return refusal((string?)came[index]["function"]?["name"] ?? "");
                    }
                }
            }

            return null;
        });

    private static int? First(EndpointRequest request, Func<JsonObject, JsonNode?, bool> broken)
    {
        var index = 0;
        foreach (var (message, said) in Pairs(request))
        {
            if (broken(message, said))
            {
                return index;
            }

            index++;
        }

        return null;
    }

    private static IEnumerable<(JsonObject Message, JsonNode? Said)> Pairs(EndpointRequest request) =>
        request.Assistants.Select((message, index) => (message, request.Said.ElementAtOrDefault(index)));
}

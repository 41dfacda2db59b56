using System.Text;
using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Cuts a message into the pieces of a stream.</summary>
internal static class Deltas
{
    private const int Characters = 9;

    /// <summary>Pieces of a text, no character cut in two.</summary>
    public static IEnumerable<string> Pieces(string text)
    {
        var piece = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            piece.Append(rune);
            if (piece.Length >= Characters)
            {
                yield return piece.ToString();
                piece.Clear();
            }
        }

        if (piece.Length > 0)
        {
            yield return piece.ToString();
        }
    }

    /// <summary>Deltas of a chat completion's message, without its role: reasoning, then content, then calls.</summary>
    public static IEnumerable<JsonObject> Of(JsonObject message, bool wholeCalls)
    {
        var fields = message.Where(field => field.Key != "role").OrderBy(field => field.Key switch { "content" => 1, "tool_calls" => 2, _ => 0 });
        foreach (var (name, value) in fields)
        {
            var deltas = (name, value) switch
            {
                (_, null) => [],
                (_, JsonValue text) when text.TryGetValue<string>(out var words) => Pieces(words).Select(piece => new JsonObject { [name] = piece }),
                ("tool_calls", JsonArray calls) => calls.SelectMany((call, index) => OfCall(call!.AsObject(), index, wholeCalls)),
                ("reasoning_details", JsonArray details) => details.SelectMany((detail, index) => OfDetail(detail!.AsObject(), index)),
                ("content", JsonArray parts) => parts.SelectMany(part => OfPart(part!.AsObject())),
                _ => [new JsonObject { [name] = value.DeepClone() }],
            };
            foreach (var delta in deltas)
            {
                yield return delta;
            }
        }
    }

    private static IEnumerable<JsonObject> OfCall(JsonObject call, int index, bool whole)
    {
        var first = call.DeepClone().AsObject();
        first.Insert(0, "index", index);
        if (whole)
        {
            yield return Wrap("tool_calls", first);
            yield break;
        }

        var arguments = (string)call["function"]!["arguments"]!;
        first["function"]!["arguments"] = "";
        yield return Wrap("tool_calls", first);
        foreach (var piece in Pieces(arguments))
        {
            yield return Wrap("tool_calls", new JsonObject { ["index"] = index, ["function"] = new JsonObject { ["arguments"] = piece } });
        }
    }

    // The text of an item comes in pieces with its index; its signature comes last, in a piece without text.
    private static IEnumerable<JsonObject> OfDetail(JsonObject detail, int index)
    {
        var type = (string)detail["type"]!;
        var field = type switch { "reasoning.text" => "text", "reasoning.summary" => "summary", _ => "data" };
        var rest = detail.DeepClone().AsObject();
        rest["index"] = index;
        rest.Remove(field);
        if (type == "reasoning.encrypted")
        {
            yield return Wrap("reasoning_details", detail.DeepClone().AsObject());
            yield break;
        }

        var signature = rest["signature"];
        rest.Remove("signature");
        foreach (var piece in Pieces((string)detail[field]!))
        {
            var part = rest.DeepClone().AsObject();
            part[field] = piece;
            yield return Wrap("reasoning_details", part);
        }

        if (signature is not null)
        {
            var part = rest.DeepClone().AsObject();
            part["signature"] = signature;
            yield return Wrap("reasoning_details", part);
        }
    }

    // Mistral's chunks: thinking is a list with one text in it.
    private static IEnumerable<JsonObject> OfPart(JsonObject part) => (string?)part["type"] == "thinking"
        ? Pieces((string)part["thinking"]![0]!["text"]!).Select(piece => Wrap("content", new JsonObject
        {
            ["type"] = "thinking",
            ["thinking"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = piece }),
        }))
        : Pieces((string)part["text"]!).Select(piece => Wrap("content", new JsonObject { ["type"] = "text", ["text"] = piece }));

    private static JsonObject Wrap(string field, JsonObject item) => new() { [field] = new JsonArray(item) };
}

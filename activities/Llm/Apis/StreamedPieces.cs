using System.Text.Json;
using System.Text.Json.Nodes;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>Lists of reasoning that come in pieces: joined by their index, else to the last one of the same type.</summary>
internal static class StreamedPieces
{
    private static readonly string[] Growing = ["text", "summary", "data", "thinking"];

    public static void Join(JsonArray list, JsonElement pieces)
    {
        foreach (var piece in pieces.EnumerateArray().Where(piece => piece.ValueKind == JsonValueKind.Object))
        {
            var more = JsonNode.Parse(Lenient.Mended(piece.GetRawText()))!.AsObject();
            if (Find(list, piece, more) is not { } known)
            {
                list.Add((JsonNode)more);
                continue;
            }

            foreach (var (name, value) in more.Where(field => field.Value is not null).ToList())
            {
                known[name] = Growing.Contains(name) && known[name] is JsonValue before && before.GetValueKind() == JsonValueKind.String && value!.GetValueKind() == JsonValueKind.String
                    ? (string?)before + (string?)value
                    : value!.DeepClone();
            }
        }
    }

    private static JsonObject? Find(JsonArray list, JsonElement piece, JsonObject more)
    {
        var type = Lenient.String(piece, "type");
        if (Lenient.Number(piece, "index") is { } index)
        {
            return list.OfType<JsonObject>().LastOrDefault(known => known["index"] is JsonValue at && at.TryGetValue<int>(out var number) && number == index && (string?)known["type"] == type);
        }

        // What is signed is complete.
        return list.LastOrDefault() is JsonObject last && (string?)last["type"] == type && !(last["signature"] is not null && Growing.Any(name => more[name] is JsonValue text && text.ToString().Length > 0))
            ? last : null;
    }
}

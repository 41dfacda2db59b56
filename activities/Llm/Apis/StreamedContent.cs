using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>The content of a streamed message: text, or a list in which thinking and text stand in pieces.</summary>
internal sealed class StreamedContent
{
    private readonly List<Piece> _pieces = [];
    private bool _isList;

    public string Text => string.Concat(_pieces.Select(piece => piece.Text.ToString()));

    public void Add(JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            Append("text", Lenient.Text(content));
        }
        else if (content.ValueKind == JsonValueKind.Array)
        {
            _isList = true;
            foreach (var part in content.EnumerateArray())
            {
                AddPart(part);
            }
        }
    }

    /// <summary>Null where nothing was said.</summary>
    public JsonNode? Whole()
    {
        if (!_isList)
        {
            return _pieces.Count == 0 ? null : Lenient.WellFormed(_pieces[0].Text.ToString());
        }

        return new JsonArray([.. _pieces.Select(piece => piece.Whole())]);
    }

    private void AddPart(JsonElement part)
    {
        if (part.ValueKind == JsonValueKind.String)
        {
            Append("text", Lenient.Text(part));
            return;
        }

        if (part.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        var type = Lenient.String(part, "type") ?? "text";
        var inner = Lenient.Items(part, "thinking").Select(piece => Lenient.Field(piece, "text")).Append(Lenient.Field(part, type == "thinking" ? "thinking" : "text"));
        var at = Append(type, string.Concat(inner.Where(text => text is { ValueKind: JsonValueKind.String }).Select(text => Lenient.Text(text!.Value))));
        foreach (var field in part.EnumerateObject().Where(field => field.Name is not ("type" or "text" or "thinking")))
        {
            at.Others[field.Name] = JsonNode.Parse(Lenient.Mended(field.Value.GetRawText()));
        }
    }

    // A stream often begins with an empty text, which is no piece of a list.
    private Piece Append(string type, string text)
    {
        if (text.Length == 0 && type == "text" && (_pieces.Count == 0 || _pieces[^1].Type != type))
        {
            return new Piece(type, new StringBuilder(), []);
        }

        if (_pieces.Count == 0 || _pieces[^1].Type != type)
        {
            _pieces.Add(new Piece(type, new StringBuilder(), []));
        }

        _pieces[^1].Text.Append(text);
        return _pieces[^1];
    }

    private sealed record Piece(string Type, StringBuilder Text, JsonObject Others)
    {
        public JsonObject Whole()
        {
            var text = Lenient.WellFormed(Text.ToString());
            var whole = new JsonObject { ["type"] = Type };
            if (Type == "thinking")
            {
                whole["thinking"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text });
            }
            else if (text.Length > 0 || Type == "text")
            {
                whole["text"] = text;
            }

            foreach (var (name, value) in Others)
            {
                whole[name] = value?.DeepClone();
            }

            return whole;
        }
    }
}

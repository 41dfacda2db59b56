using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>
/// The tool calls of a streamed message: pieces joined by their index. Some endpoints give none, and some give each call the same one; then
/// a new id begins a new call.
/// </summary>
internal sealed class StreamedCalls
{
    private readonly List<Call> _calls = [];
    private Call? _old;

    public string Text => string.Concat(_calls.Select(call => $"{call.Name}{call.Arguments}"));

    public void Add(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        foreach (var piece in list.EnumerateArray().Where(piece => piece.ValueKind == JsonValueKind.Object))
        {
            var call = Find(Lenient.Number(piece, "index"), Lenient.String(piece, "id"));
            foreach (var field in piece.EnumerateObject().Where(field => field.Name is not ("index" or "id" or "function" or "type") && field.Value.ValueKind != JsonValueKind.Null))
            {
                call.Others[field.Name] = JsonNode.Parse(Lenient.Mended(field.Value.GetRawText()));
            }

            if (Lenient.Object(piece, "function") is { } function)
            {
                Join(call, function);
            }
        }
    }

    /// <summary>The form of before there were several calls.</summary>
    public void AddOld(JsonElement function)
    {
        if (_old is null)
        {
            _calls.Add(_old = new Call(0));
        }

        Join(_old, function);
    }

    /// <summary>Null where there is none.</summary>
    public JsonArray? Whole() => _calls.Count == 0 ? null : new JsonArray([.. _calls.Select(call =>
    {
        var whole = new JsonObject
        {
            ["id"] = call.Id,
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = Lenient.WellFormed(call.Arguments.ToString()) },
        };
        foreach (var (name, value) in call.Others)
        {
            whole[name] = value?.DeepClone();
        }

        return whole;
    })]);

    private Call Find(int? index, string? id)
    {
        var known = index is { } number ? _calls.FindLast(call => call.Index == number)
            : string.IsNullOrEmpty(id) ? _calls.LastOrDefault() : _calls.FindLast(call => call.Id == id);
        if (known is null || (!string.IsNullOrEmpty(id) && known.Id is { } other && other != id))
        {
            _calls.Add(known = new Call(index ?? _calls.Count));
        }

        known.Id = string.IsNullOrEmpty(id) ? known.Id : id;
        return known;
    }

    private static void Join(Call call, JsonElement function)
    {
        if (call.Name.Length == 0)
        {
            call.Name = Lenient.String(function, "name") ?? "";
        }

        if (Lenient.Field(function, "arguments") is { } arguments)
        {
            call.Arguments.Append(arguments.ValueKind == JsonValueKind.String ? Lenient.Text(arguments) : arguments.GetRawText());
        }
    }

    private sealed class Call(int index)
    {
        public int Index { get; } = index;

        public string? Id { get; set; }

        public string Name { get; set; } = "";

        public StringBuilder Arguments { get; } = new();

        public JsonObject Others { get; } = [];
    }
}

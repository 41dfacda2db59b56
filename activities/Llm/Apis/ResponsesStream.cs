using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>Waits for the event that holds the whole response. Items that it leaves out are taken from their own events.</summary>
internal sealed class ResponsesStream : NamedEvents
{
    private readonly SortedDictionary<int, JsonNode> _items = [];
    private readonly StringBuilder _partial = new();
    private JsonObject? _response;

    public override bool IsEnded => _response is not null || Error is not null;

    public override string Partial => _partial.ToString();

    protected override string Whole()
    {
        if (_response!["output"] is not JsonArray { Count: > 0 } && _items.Count > 0)
        {
            _response["output"] = new JsonArray([.. _items.Values.Select(item => item.DeepClone())]);
        }

        return _response.ToJsonString(SparkJson.Options);
    }

    protected override void Take(string type, JsonElement root)
    {
        switch (type)
        {
            case "response.completed" or "response.incomplete" or "response.failed" or "response.done" or "response.cancelled" when Lenient.Object(root, "response") is { } response:
                _response = Object(response);
                break;
            case "response.output_item.done" when Lenient.Object(root, "item") is { } item:
                _items[Lenient.Number(root, "output_index") ?? _items.Count] = Object(item);
                break;
            case var delta when delta.EndsWith(".delta", StringComparison.Ordinal):
                if (Lenient.Field(root, "delta") is { ValueKind: JsonValueKind.String } text)
                {
                    _partial.Append(Lenient.Text(text));
                }

                break;
            default:
                // The response that an event of its own progress holds has the field, empty.
                Error = StreamErrors.In(type, root);
                break;
        }
    }

    private static JsonObject Object(JsonElement element) => JsonNode.Parse(Lenient.Mended(element.GetRawText()))!.AsObject();
}

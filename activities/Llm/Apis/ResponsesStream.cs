using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>Waits for the event that holds the whole response. Items that it leaves out are taken from their own events.</summary>
internal sealed class ResponsesStream : IStreamAssembler
{
    private readonly SortedDictionary<int, JsonNode> _items = [];
    private readonly StringBuilder _partial = new();
    private JsonObject? _response;
    private string? _error;

    public bool IsEnded => _response is not null || _error is not null;

    public bool MayEnd => IsEnded;

    public string Partial => _partial.ToString();

    public void Add(string type, string data)
    {
        try
        {
            using var document = JsonDocument.Parse(data);
            Take(Lenient.String(document.RootElement, "type") ?? type, document.RootElement);
        }
        catch (JsonException)
        {
            // No event; [DONE] among others, which some gateways send at the end.
        }
    }

    public string Body()
    {
        if (_error is not null)
        {
            return _error;
        }

        if (_response!["output"] is not JsonArray { Count: > 0 } && _items.Count > 0)
        {
            _response["output"] = new JsonArray([.. _items.Values.Select(item => item.DeepClone())]);
        }

        return _response.ToJsonString(SparkJson.Options);
    }

    private void Take(string type, JsonElement root)
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
                _error = StreamErrors.In(type, root);
                break;
        }
    }

    private static JsonObject Object(JsonElement element) => JsonNode.Parse(Lenient.Mended(element.GetRawText()))!.AsObject();
}

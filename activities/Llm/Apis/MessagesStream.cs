using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>Puts the events of a Messages stream together: blocks by their index, usage as it grows.</summary>
internal sealed class MessagesStream : NamedEvents
{
    private readonly SortedDictionary<int, Block> _blocks = [];
    private JsonObject _message = new() { ["type"] = "message", ["role"] = "assistant" };
    private bool _stopped;
    private bool _hasReason;

    public override bool IsEnded => _stopped || Error is not null;

    public override bool MayEnd => IsEnded || _hasReason;

    public override string Partial => string.Concat(_blocks.Values.Select(block => string.Concat(block.Texts.Values)));

    protected override string Whole()
    {
        _message["content"] = new JsonArray([.. _blocks.Values.Select(block => block.Whole())]);
        return _message.ToJsonString(SparkJson.Options);
    }

    protected override void Take(string type, JsonElement root)
    {
        switch (type)
        {
            case "message_start" when Lenient.Object(root, "message") is { } message:
                _message = Node(message).AsObject();
                break;
            case "content_block_start" when Lenient.Object(root, "content_block") is { } start:
                _blocks[Lenient.Number(root, "index") ?? _blocks.Count] = new Block(Node(start).AsObject());
                break;
            case "content_block_delta" when Lenient.Object(root, "delta") is { } delta && _blocks.TryGetValue(Lenient.Number(root, "index") ?? _blocks.Count - 1, out var block):
                TakeDelta(block, delta);
                break;
            case "message_delta":
                TakeEnd(root);
                break;
            case "message_stop":
                _stopped = true;
                break;
            default:
                Error = StreamErrors.In(type, root);
                break;
        }
    }

    private static void TakeDelta(Block block, JsonElement delta)
    {
        foreach (var name in new[] { "text", "thinking", "signature", "partial_json" })
        {
            if (Lenient.Field(delta, name) is { ValueKind: JsonValueKind.String } piece)
            {
                (block.Texts.TryGetValue(name, out var text) ? text : block.Texts[name] = new StringBuilder()).Append(Lenient.Text(piece));
            }
        }
    }

    private void TakeEnd(JsonElement root)
    {
        if (Lenient.Object(root, "delta") is { } delta)
        {
            foreach (var field in delta.EnumerateObject())
            {
                _message[field.Name] = field.Value.ValueKind == JsonValueKind.Null ? null : Node(field.Value);
            }

            _hasReason |= Lenient.String(delta, "stop_reason") is not null;
        }

        // Each count is the whole one so far.
        if (Lenient.Object(root, "usage") is { } usage)
        {
            var known = _message["usage"] as JsonObject ?? [];
            foreach (var field in usage.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null))
            {
                known[field.Name] = Node(field.Value);
            }

            _message["usage"] = known.Parent is null ? known : known.DeepClone();
        }
    }

    private static JsonNode Node(JsonElement element) => JsonNode.Parse(Lenient.Mended(element.GetRawText()))!;

    private sealed record Block(JsonObject Start)
    {
        public Dictionary<string, StringBuilder> Texts { get; } = [];

        public JsonObject Whole()
        {
            var whole = (JsonObject)Start.DeepClone();
            foreach (var (name, text) in Texts.Where(pair => pair.Key != "partial_json"))
            {
                whole[name] = (whole[name] is JsonValue before ? before.ToString() : "") + Lenient.WellFormed(text.ToString());
            }

            if (Texts.TryGetValue("partial_json", out var json))
            {
                // Arguments that broke off stay a text: the reader tells the model so.
                var arguments = Lenient.Mended(json.ToString());
                try
                {
                    whole["input"] = arguments.Length > 0 ? JsonNode.Parse(arguments) : whole["input"]?.DeepClone();
                }
                catch (JsonException)
                {
                    whole["input"] = arguments;
                }
            }

            return whole;
        }
    }
}

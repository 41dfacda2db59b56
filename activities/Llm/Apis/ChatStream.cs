using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>
/// Puts the chunks of a chat completion together. Its end is the word <c>[DONE]</c>, or a finish reason and the end of the stream; usage may
/// stand in a chunk without choices.
/// </summary>
internal sealed class ChatStream : IStreamAssembler
{
    private static readonly string[] Texts = [ChatEcho.ReasoningContent, "reasoning", "refusal"];
    private static readonly string[] Pieces = ["reasoning_details", "thinking_blocks"];

    private readonly JsonObject _top = [];
    private readonly StreamedContent _content = new();
    private readonly StreamedCalls _calls = new();
    private readonly Dictionary<string, StringBuilder> _texts = [];
    private readonly Dictionary<string, JsonArray> _pieces = [];
    private readonly JsonObject _others = [];
    private string? _finish;
    private string? _error;
    private bool _done;

    public bool IsEnded => _done || _error is not null;

    public bool MayEnd => IsEnded || _finish is not null;

    public string Partial => string.Concat(_texts.Values.Select(text => text.ToString()).Append(_content.Text).Append(_calls.Text));

    public void Add(string type, string data)
    {
        if (data.Trim() == "[DONE]")
        {
            _done = true;
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(data);
            _error = StreamErrors.In(type, document.RootElement);
            if (_error is null && document.RootElement.ValueKind == JsonValueKind.Object)
            {
                Take(document.RootElement);
            }
        }
        catch (JsonException)
        {
            // A line that is no event: if it was one, the end is missing too.
        }
    }

    public string Body()
    {
        if (_error is not null)
        {
            return _error;
        }

        var message = new JsonObject { ["role"] = "assistant", ["content"] = _content.Whole() };
        foreach (var (name, text) in _texts)
        {
            message[name] = Lenient.WellFormed(text.ToString());
        }

        foreach (var (name, value) in _pieces.Select(pair => (pair.Key, (JsonNode?)pair.Value)).Concat(_others.Select(pair => (pair.Key, pair.Value))))
        {
            message[name] = value?.DeepClone();
        }

        if (_calls.Whole() is { } calls)
        {
            message["tool_calls"] = calls;
        }

        var body = new JsonObject { ["object"] = "chat.completion" };
        foreach (var (name, value) in _top)
        {
            body[name] = value?.DeepClone();
        }

        body["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = _finish });
        return body.ToJsonString(SparkJson.Options);
    }

    private void Take(JsonElement chunk)
    {
        foreach (var field in chunk.EnumerateObject().Where(field => field.Name is not ("choices" or "object" or "error" or "obfuscation") && field.Value.ValueKind != JsonValueKind.Null))
        {
            _top[field.Name] = Node(field.Value);
        }

        if (_top["usage"] is null && Lenient.Object(chunk, "x_groq") is { } groq && Lenient.Object(groq, "usage") is { } usage)
        {
            _top["usage"] = Node(usage);
        }

        foreach (var choice in Lenient.Items(chunk, "choices").Where(choice => (Lenient.Number(choice, "index") ?? 0) == 0))
        {
            if ((Lenient.Object(choice, "delta") ?? Lenient.Object(choice, "message")) is { } delta)
            {
                TakeDelta(delta);
            }

            // One provider writes the usage into the choice.
            if (_top["usage"] is null && Lenient.Object(choice, "usage") is { } used)
            {
                _top["usage"] = Node(used);
            }

            _finish = Lenient.String(choice, "finish_reason") is { Length: > 0 } finish ? finish : _finish;
        }
    }

    private void TakeDelta(JsonElement delta)
    {
        foreach (var field in delta.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null))
        {
            if (field.Name == "content")
            {
                _content.Add(field.Value);
            }
            else if (field.Name == "tool_calls")
            {
                _calls.Add(field.Value);
            }
            else if (field.Name == "function_call")
            {
                _calls.AddOld(field.Value);
            }
            else if (Texts.Contains(field.Name) && field.Value.ValueKind == JsonValueKind.String)
            {
                (_texts.TryGetValue(field.Name, out var text) ? text : _texts[field.Name] = new StringBuilder()).Append(Lenient.Text(field.Value));
            }
            else if (Pieces.Contains(field.Name) && field.Value.ValueKind == JsonValueKind.Array)
            {
                StreamedPieces.Join(_pieces.TryGetValue(field.Name, out var list) ? list : _pieces[field.Name] = [], field.Value);
            }
            else if (field.Name != "role")
            {
                _others[field.Name] = Node(field.Value);
            }
        }
    }

    private static JsonNode? Node(JsonElement element) => JsonNode.Parse(Lenient.Mended(element.GetRawText()));
}

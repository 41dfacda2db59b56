using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Spark.Temporal.Activities.Llm;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>
/// The body of a request, as it goes upstream: it names the run's model, whatever the agent asked for, and has none of the fields by
/// which gateways let a caller choose another model, address or key. What we do not know passes unchanged.
/// </summary>
internal sealed partial class ProxyBody
{
    /// <summary>Fewest tokens that a reply is worth asking for.</summary>
    public const long LeastReply = 16;

    /// <summary>Tokens of a reply that are set aside where neither the agent nor the settings limit it.</summary>
    private const long AssumedReply = 16_384;

    /// <summary>What an image or another attachment is taken for.</summary>
    private const long AttachmentTokens = 1_600;

    private const int LeastThinking = 1_024;

    private static readonly string[] Routing = ["models", "fallbacks", "route", "background", "api_base", "base_url", "api_key"];

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonObject _body;
    private readonly ProxyBodyKind _kind;
    private readonly ProxyTarget _target;

    private ProxyBody(JsonObject body, ProxyBodyKind kind, ProxyTarget target) => (_body, _kind, _target) = (body, kind, target);

    /// <summary>The model that the agent asked for, where it is another than the run's; null otherwise.</summary>
    public string? Other { get; private set; }

    /// <summary>About how many tokens the request has.</summary>
    public long PromptTokens { get; private set; }

    /// <summary>Most tokens of one reply: as asked for, else as assumed.</summary>
    public long Reply { get; private set; }

    /// <summary>How many replies are asked for at once.</summary>
    public long Choices { get; private set; } = 1;

    /// <exception cref="FormatException">It is no request that can be passed on.</exception>
    public static ProxyBody Read(byte[] raw, ProxyRoute route, ProxyTarget target)
    {
        JsonObject json;
        try
        {
            // Of a name that stands twice another reader might take the other one.
            json = JsonNode.Parse(raw, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new FormatException("The request's body is not a JSON object.");

            // Text that is no text is found here and not while it is sent.
            _ = json.ToJsonString();
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"The request's body is not JSON: {damaged.Message}", damaged);
        }

        var body = new ProxyBody(json, route.Kind, target);
        body.Rewrite(route);
        body.Reply = body.Asked ?? AssumedReply;
        body.Choices = Math.Max(1, route.Kind switch
        {
            ProxyBodyKind.Chat => Whole(json, "n"),
            ProxyBodyKind.Gemini => Whole(json["generationConfig"] as JsonObject, "candidateCount"),
            _ => 1,
        } ?? 1);
        body.PromptTokens = Tokens(json);
        return body;
    }

    public byte[] Bytes() => JsonSerializer.SerializeToUtf8Bytes<JsonNode>(_body, Plain);

    /// <summary>About how many tokens a text has.</summary>
    public static long TokensOf(long utf8Bytes) => (utf8Bytes * 2 / 7) + (utf8Bytes > 0 ? 1 : 0);

    /// <summary>Sees to it that a reply has no more than so many tokens.</summary>
    public void Limit(long tokens)
    {
        if (tokens >= Reply)
        {
            return;
        }

        var (owner, field) = _kind switch
        {
            ProxyBodyKind.Gemini => (Inner("generationConfig"), "maxOutputTokens"),
            ProxyBodyKind.Responses => (_body, "max_output_tokens"),
            ProxyBodyKind.Chat when Whole(_body, "max_completion_tokens") is not null || (Whole(_body, "max_tokens") is null && WantsCompletionTokens) => (_body, "max_completion_tokens"),
            _ => (_body, "max_tokens"),
        };
        owner[field] = tokens;
        Reply = tokens;
        if (_kind == ProxyBodyKind.Messages && _body["thinking"] is JsonObject thinking && Whole(thinking, "budget_tokens") >= tokens)
        {
            // It must be less than the whole reply, and has a least size of its own.
            if (tokens > LeastThinking)
            {
                thinking["budget_tokens"] = Math.Max(LeastThinking, tokens / 2);
            }
            else
            {
                _body["thinking"] = new JsonObject { ["type"] = "disabled" };
            }
        }
    }

    private long? Asked => _kind switch
    {
        ProxyBodyKind.Gemini => Whole(_body["generationConfig"] as JsonObject, "maxOutputTokens"),
        ProxyBodyKind.Responses => Whole(_body, "max_output_tokens"),
        ProxyBodyKind.Chat => Whole(_body, "max_completion_tokens") ?? Whole(_body, "max_tokens"),
        _ => Whole(_body, "max_tokens"),
    };

    private bool WantsCompletionTokens =>
        _target.MaxTokensField == MaxTokensField.MaxCompletionTokens || (_target.MaxTokensField == MaxTokensField.Auto && ReasoningName().IsMatch(_target.Model));

    private void Rewrite(ProxyRoute route)
    {
        var named = route.Model ?? (_body["model"] is JsonValue value && value.TryGetValue<string>(out var name) ? name : null);
        Other = named is not null && named != _target.Model && named != $"models/{_target.Model}" ? named : null;
        if (route.Kind != ProxyBodyKind.Gemini)
        {
            _body["model"] = _target.Model;
        }
        else
        {
            _body.Remove("model");
        }

        foreach (var field in Routing)
        {
            _body.Remove(field);
        }

        if (route.Kind == ProxyBodyKind.Chat && _body["stream"] is JsonValue streams && streams.TryGetValue<bool>(out var on) && on)
        {
            Inner("stream_options")["include_usage"] = true;
        }
    }

    private JsonObject Inner(string name)
    {
        if (_body[name] is not JsonObject inner)
        {
            _body[name] = inner = [];
        }

        return inner;
    }

    private static long? Whole(JsonObject? owner, string name) => owner?[name] is JsonValue value && value.TryGetValue<double>(out var number) && number is >= 1 and < 1e12 ? (long)number : null;

    private static long Tokens(JsonNode? node) => node switch
    {
        JsonObject members => members.Sum(member => 2 + Tokens(member.Value)),
        JsonArray elements => elements.Sum(Tokens),
        JsonValue value when value.TryGetValue<string>(out var text) => OfText(text),
        JsonValue => 1,
        _ => 0,
    };

    private static long OfText(string text) =>
        text.StartsWith("data:", StringComparison.Ordinal) || (text.Length > 4_000 && !text.AsSpan(0, 4_000).ContainsAny(' ', '\n'))
            ? AttachmentTokens
            : TokensOf(Encoding.UTF8.GetByteCount(text));

    [GeneratedRegex(@"(^|/)(o\d|gpt-(?!3|4)\d)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ReasoningName();
}

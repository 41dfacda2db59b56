using System.Buffers;
using System.Text.Json;
using Spark.Temporal.Activities.Llm.Usage;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>
/// Reads usage out of a reply while it passes: one JSON document or a stream of events. Numbers that grow along a stream count once,
/// with their largest value.
/// </summary>
internal sealed class UsageReader(bool events)
{
    private const int MostBytes = 32 * 1024 * 1024;

    /// <summary>Where the pieces of a reply stand in events, and its texts in a document.</summary>
    private static readonly string[] Pieces =
    [
        "choices.*.delta.content", "choices.*.delta.reasoning_content", "choices.*.delta.reasoning", "choices.*.delta.tool_calls.*.function.arguments",
        "choices.*.message.content", "choices.*.message.reasoning_content", "choices.*.message.tool_calls.*.function.arguments",
        "delta.text", "delta.thinking", "delta.partial_json", "content.*.text", "content.*.thinking", "content.*.input",
        "output.*.content.*.text", "output.*.arguments",
        "candidates.*.content.parts.*.text", "candidates.*.content.parts.*.functionCall.args",
    ];

    private readonly ArrayBufferWriter<byte> _held = new();
    private TokenUsage? _usage;
    private long _seen;
    private bool _ended;
    private bool _tooLong;

    /// <summary>Model that the reply names.</summary>
    public string? Model { get; private set; }

    /// <summary>The error that a reply consists of, though its status says success; null where there is none.</summary>
    public string? Error { get; private set; }

    /// <summary>About how many tokens of the reply came.</summary>
    public long SeenTokens => ProxyBody.TokensOf(_seen);

    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (!events)
        {
            Hold(bytes);
            return;
        }

        while (bytes.IndexOf((byte)'\n') is var end and >= 0)
        {
            Hold(bytes[..end]);
            Event();
            bytes = bytes[(end + 1)..];
        }

        Hold(bytes);
    }

    /// <summary>Usage of the whole reply; null if it states none.</summary>
    public TokenUsage? Finish()
    {
        if (events)
        {
            Event();
        }
        else if (!_tooLong)
        {
            Document(_held.WrittenMemory);
        }

        return _usage;
    }

    /// <summary>Usage of a reply whose end did not come, or that says nothing: what it said so far, the rest estimated.</summary>
    /// <param name="prompt">About how many tokens were sent.</param>
    public TokenUsage Estimate(long prompt)
    {
        var said = _usage ?? new TokenUsage(0, 0) { Unpriced = true };
        return said with
        {
            PromptTokens = said.PromptTokens > 0 ? said.PromptTokens : prompt,
            CompletionTokens = Math.Max(said.CompletionTokens, SeenTokens),
            Estimated = true,
        };
    }

    /// <summary>Whether the reply went to its end, so that what it stated is all.</summary>
    public bool Ended => !events || _ended;

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        _tooLong |= _held.WrittenCount + bytes.Length > MostBytes;
        if (!_tooLong)
        {
            _held.Write(bytes);
        }
    }

    private void Event()
    {
        var line = _held.WrittenMemory.TrimEnd((byte)'\r');
        if (!_tooLong && line.Span.StartsWith("data:"u8))
        {
            _ended |= line.Span[5..].Trim((byte)' ').SequenceEqual("[DONE]"u8);
            Document(line[5..]);
        }

        _held.ResetWrittenCount();
        _tooLong = false;
    }

    private void Document(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Array)
            {
                // Gemini streams an array where it is not asked for events.
                foreach (var element in root.EnumerateArray())
                {
                    Read(element);
                }
            }
            else
            {
                Read(root);
            }
        }
        catch (JsonException)
        {
            // "[DONE]", a comment, or other text that is not JSON: no usage.
        }
    }

    private void Read(JsonElement root)
    {
        Model = JsonPaths.Text(root, "model") ?? JsonPaths.Text(root, "message.model") ?? JsonPaths.Text(root, "response.model") ?? JsonPaths.Text(root, "modelVersion") ?? Model;
        var kind = JsonPaths.Text(root, "type") ?? "";
        _ended |= kind is "message_stop" or "response.completed" or "response.incomplete" or "response.failed"
            || JsonPaths.Text(root, "candidates.*.finishReason") is not null || JsonPaths.Text(root, "choices.*.finish_reason") is not null;
        if (kind is "error" or "response.failed" || JsonPaths.Find(root, "error").Any(error => error.ValueKind is JsonValueKind.Object or JsonValueKind.String))
        {
            Error = JsonPaths.Text(root, "error.message") ?? JsonPaths.Text(root, "response.error.message") ?? JsonPaths.Text(root, "message") ?? JsonPaths.Text(root, "error") ?? "error";
        }

        // Responses' pieces are plain text in an event of their own kind; the events that end them say it all again.
        _seen += Pieces.Concat(kind.EndsWith(".delta", StringComparison.Ordinal) ? ["delta"] : Array.Empty<string>())
            .SelectMany(place => JsonPaths.Find(root, place)).Sum(piece => piece.ValueKind switch
            {
                JsonValueKind.String => piece.GetString()!.Length,
                JsonValueKind.Object when kind.Length == 0 || kind == "message" => piece.GetRawText().Length,
                _ => 0,
            });
        _usage = StatedUsage.Larger(_usage, StatedUsage.Of(root));
    }
}

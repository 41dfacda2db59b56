using System.Buffers;
using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>
/// Reads usage out of a reply while it passes: one JSON document or a stream of events, in the fields of OpenAI's two
/// protocols, of Anthropic's and of Gemini's. Numbers that grow along a stream count once, with their largest value.
/// </summary>
internal sealed class UsageReader(bool events)
{
    private const int MostBytes = 32 * 1024 * 1024;

    private static readonly string[] Places = ["usage", "message.usage", "response.usage", "usageMetadata"];

    private readonly ArrayBufferWriter<byte> _held = new();
    private long _prompt;
    private long _completion;
    private long _cached;
    private bool _found;
    private bool _tooLong;

    /// <summary>Model that the reply names.</summary>
    public string? Model { get; private set; }

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

        return _found ? new TokenUsage(_prompt, _completion, _cached) : null;
    }

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
        foreach (var usage in Places.SelectMany(place => JsonPaths.Find(root, place)).Where(usage => usage.ValueKind == JsonValueKind.Object))
        {
            _found = true;
            var apart = Of(usage, "cache_read_input_tokens") + Of(usage, "cache_creation_input_tokens");
            _prompt = Math.Max(_prompt, Of(usage, "prompt_tokens", "promptTokenCount") + Of(usage, "input_tokens") + apart);
            _completion = Math.Max(_completion, Of(usage, "completion_tokens", "output_tokens", "candidatesTokenCount") + Of(usage, "thoughtsTokenCount"));
            _cached = Math.Max(
                _cached,
                Of(usage, "prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens", "cache_read_input_tokens", "cachedContentTokenCount"));
        }
    }

    private static long Of(JsonElement usage, params string[] paths) =>
        (long)(paths.Select(path => JsonPaths.Number(usage, path)).FirstOrDefault(number => number is not null) ?? 0);
}

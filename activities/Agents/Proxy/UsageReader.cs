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

    private readonly ArrayBufferWriter<byte> _held = new();
    private TokenUsage? _usage;
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

        return _usage;
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
        _usage = StatedUsage.Larger(_usage, StatedUsage.Of(root));
    }
}

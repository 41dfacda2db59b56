using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Activities.Redaction;

namespace Spark.Temporal.Activities.Llm;

/// <summary>A reply's bytes, its beginning looked at before it is read; each piece of a stream that comes in gives it more time.</summary>
internal sealed class WatchedStream(Stream source, ReplyWatch watch) : ReadOnlyStream
{
    private byte[] _start = [];
    private int _read;

    /// <summary>The stream that it is, each piece of which gives more time; null for one body.</summary>
    public IStreamAssembler? Events { get; set; }

    /// <summary>Whether it begins as a stream of events does.</summary>
    public bool LooksLikeEvents
    {
        get
        {
            var text = System.Text.Encoding.ASCII.GetString(_start).TrimStart();
            return text.StartsWith(':') || text.StartsWith("data:", StringComparison.Ordinal) || text.StartsWith("event:", StringComparison.Ordinal);
        }
    }

    /// <summary>Waits for the beginning.</summary>
    /// <returns>The first character that is no blank; 0 for an empty body.</returns>
    public async Task<char> StartAsync()
    {
        // A gateway may send blanks to keep the connection until the reply is there; a name of a field is whole after a few bytes.
        var buffer = new byte[4096];
        while (true)
        {
            var text = System.Text.Encoding.UTF8.GetString(_start).Trim(' ', '\r', '\n', '\t', '\uFEFF');
            if (text.Length >= 6 || text is ['{' or '[' or '<' or ':', ..])
            {
                return text[0];
            }

            var count = await source.ReadAsync(buffer, watch.Token);
            if (count == 0)
            {
                return text.Length > 0 ? text[0] : '\0';
            }

            watch.IsWhole();
            _start = [.. _start, .. buffer.AsSpan(0, count)];
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_read < _start.Length)
        {
            var part = Math.Min(buffer.Length, _start.Length - _read);
            _start.AsMemory(_read, part).CopyTo(buffer);
            _read += part;
            return part;
        }

        if (Events is not null)
        {
            watch.Flows(Events.MayEnd);
        }

        return await source.ReadAsync(buffer, watch.Token);
    }
}

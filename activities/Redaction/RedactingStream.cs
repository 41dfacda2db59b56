namespace Spark.Temporal.Activities.Redaction;

/// <summary>Reads another stream with its secrets masked, also where one is split between two reads.</summary>
internal sealed class RedactingStream(Stream source, SecretMatcher matcher) : ReadOnlyStream
{
    private readonly byte[] _buffer = new byte[81920 + matcher.Longest];
    private int _start;
    private int _ready;
    private int _end;
    private bool _over;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_start == _ready)
        {
            if (_over)
            {
                return 0;
            }

            await FillAsync(cancellationToken);
        }

        var count = Math.Min(buffer.Length, _ready - _start);
        _buffer.AsMemory(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _ready, _end) = (0, 0, _end - _start);
        var read = await source.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        _over = read == 0;

        // A secret that begins in the last bytes may go on in the next read, so they wait for it. Without secrets no byte waits.
        _ready = _over ? _end : Math.Max(0, _end - Math.Max(0, matcher.Longest - 1));
        matcher.Mask(_buffer.AsSpan(0, _end), _ready);
    }
}

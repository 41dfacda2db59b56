namespace Spark.Temporal.Tests.Activities.Artifacts;

/// <summary>A stream of a given length that holds nothing; it can break.</summary>
internal sealed class PatternStream(long length, long breaksAt = long.MaxValue) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_position >= breaksAt)
        {
            throw new IOException("the source broke off");
        }

        var read = (int)Math.Min(count, length - _position);
        buffer.AsSpan(offset, read).Fill((byte)(_position >> 16));
        _position += read;
        return read;
    }

    public override void Flush()
    {
        // Nothing is written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

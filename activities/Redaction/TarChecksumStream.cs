using System.Buffers.Binary;
using System.Text;

namespace Spark.Temporal.Activities.Redaction;

/// <summary>
/// Reads an archive whose headers may have been masked (a file's name can be a secret) and corrects their checksums, so
/// that it can still be read. Other content passes unchanged.
/// </summary>
internal sealed class TarChecksumStream(Stream source) : ReadOnlyStream
{
    private const int Block = 512;
    private const int SizePlace = 124;
    private const int SizeLength = 12;
    private const int ChecksumPlace = 148;
    private const int ChecksumLength = 8;
    private const int MagicPlace = 257;

    private readonly byte[] _buffer = new byte[160 * Block];
    private int _start;
    private int _end;

    /// <summary>Blocks of content before the next header.</summary>
    private long _content;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start == _end)
        {
            (_start, _end) = (0, await source.ReadAtLeastAsync(_buffer, _buffer.Length, throwOnEndOfStream: false, cancellationToken));
            for (var place = 0; place + Block <= _end; place += Block)
            {
                Pass(_buffer.AsSpan(place, Block));
            }
        }

        var count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsMemory(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    private void Pass(Span<byte> block)
    {
        if (_content > 0)
        {
            _content--;
            return;
        }

        // Two blocks of zeros end an archive.
        if (block.IndexOfAnyExcept((byte)0) < 0)
        {
            return;
        }

        if (!block[MagicPlace..].StartsWith("ustar"u8))
        {
            _content = long.MaxValue;
            return;
        }

        _content = (Size(block.Slice(SizePlace, SizeLength)) + Block - 1) / Block;
        var checksum = block.Slice(ChecksumPlace, ChecksumLength);
        checksum.Fill((byte)' ');
        var sum = 0;
        foreach (var value in block)
        {
            sum += value;
        }

        Encoding.ASCII.GetBytes($"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0 ", checksum);
    }

    private static long Size(ReadOnlySpan<byte> field)
    {
        // Sizes of 8 GB and more are binary.
        if ((field[0] & 0x80) != 0)
        {
            return Math.Max(0, BinaryPrimitives.ReadInt64BigEndian(field[4..]));
        }

        long size = 0;
        foreach (var digit in field)
        {
            size = digit is >= (byte)'0' and <= (byte)'7' ? (size * 8) + digit - '0' : size;
        }

        return size;
    }
}

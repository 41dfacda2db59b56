using System.Buffers;
using System.Text;

namespace Spark.Temporal.Activities.Agents;

/// <summary>
/// What an agent prints while it works: its beginning and its end are kept, every whole line is handed on as it comes,
/// and the last one can be shown. The stream ends with a line of ours.
/// </summary>
internal sealed class AgentOutput(int keptBytes, Action<string> line)
{
    private const int MostLineBytes = 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _head = new();
    private readonly ArrayBufferWriter<byte> _tail = new();
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly int _half = keptBytes / 2;
    private string _pending = "";

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>The last whole line that says something.</summary>
    public string LastLine => _pending;

    public void Take(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        var first = Math.Min(bytes.Length, _half - _head.WrittenCount);
        _head.Write(bytes[..first]);
        _tail.Write(bytes[first..]);
        if (_tail.WrittenCount > _half * 4L)
        {
            Shrink();
        }

        while (bytes.IndexOf((byte)'\n') is var end and >= 0)
        {
            Hold(bytes[..end]);
            Tell();
            bytes = bytes[(end + 1)..];
        }

        Hold(bytes);
    }

    /// <summary>The end that the stream's last line reports; null if the stream broke off.</summary>
    public (int ExitCode, long DurationMs, bool TimedOut)? Finish()
    {
        Tell();
        return _pending.Split(' ') is [var code, var ran, var why, _] && int.TryParse(code, out var exit) && long.TryParse(ran, out var ms)
            ? (exit, ms, why == "timeout")
            : null;
    }

    /// <summary>What was kept, without our line, with a line where bytes are missing.</summary>
    public string Kept(bool ended)
    {
        Shrink();
        var missing = Length - _head.WrittenCount - _tail.WrittenCount;
        var text = missing > 0
            ? $"{Encoding.UTF8.GetString(_head.WrittenSpan)}\n[… {missing} bytes left out …]\n{Encoding.UTF8.GetString(_tail.WrittenSpan)}"
            : Encoding.UTF8.GetString([.. _head.WrittenSpan, .. _tail.WrittenSpan]);
        return ended ? text[..Math.Max(0, text.LastIndexOf('\n', Math.Max(0, text.Length - 2)))] : text;
    }

    private void Shrink()
    {
        if (_tail.WrittenCount > _half)
        {
            var rest = _tail.WrittenSpan[^_half..].ToArray();
            _tail.ResetWrittenCount();
            _tail.Write(rest);
        }
    }

    private void Hold(ReadOnlySpan<byte> bytes) =>
        _line.Write(bytes[..Math.Min(bytes.Length, Math.Max(0, MostLineBytes - _line.WrittenCount))]);

    /// <summary>Hands on the line before: the last one is not the agent's.</summary>
    private void Tell()
    {
        if (_line.WrittenCount == 0)
        {
            return;
        }

        if (_pending.Length > 0)
        {
            line(_pending);
        }

        _pending = Encoding.UTF8.GetString(_line.WrittenSpan).TrimEnd('\r');
        _line.ResetWrittenCount();
    }
}

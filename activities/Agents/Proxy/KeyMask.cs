using System.Buffers;
using System.Text;
using Spark.Temporal.Activities.Redaction;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>
/// Masks an endpoint's secrets in what it sends back: some quote the key that they refuse. A mark is as long as what it replaces, also
/// where a secret is split between two pieces; the end of a line never waits for the next piece, so events pass at once.
/// </summary>
internal sealed class KeyMask(IEnumerable<string> secrets)
{
    private readonly SecretMatcher _matcher = new(secrets.SelectMany(SecretForms.Of));
    private readonly ArrayBufferWriter<byte> _held = new();

    /// <summary>What may go on of what came.</summary>
    public byte[] Take(ReadOnlySpan<byte> piece)
    {
        _held.Write(piece);
        var bytes = _held.WrittenSpan.ToArray();
        var ready = bytes is [.., (byte)'\n'] ? bytes.Length : Math.Max(0, bytes.Length - Math.Max(0, _matcher.Longest - 1));
        _matcher.Mask(bytes, ready);
        _held.ResetWrittenCount();
        _held.Write(bytes.AsSpan(ready));
        return bytes[..ready];
    }

    /// <summary>The rest.</summary>
    public byte[] Finish()
    {
        var bytes = _held.WrittenSpan.ToArray();
        _held.ResetWrittenCount();
        _matcher.Mask(bytes);
        return bytes;
    }

    public string Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return _matcher.Mask(bytes) ? Encoding.UTF8.GetString(bytes) : text;
    }
}

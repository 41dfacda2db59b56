using System.Globalization;
using System.Text;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>What a model sees of a command.</summary>
internal static class Observation
{
    private const int LineCharacters = 120;

    /// <summary>
    /// Output, its middle cut and counted where it is too long, then a line for whatever is out of the ordinary.
    /// </summary>
    public static string Of(CommandEnd end, int characters, double timeoutSec, string? note = null)
    {
        var text = new StringBuilder(Shorten(end, characters));
        List<string> status = [];
        if (end.TimedOut)
        {
            status.Add($"timed out after {timeoutSec.ToString("0.##", CultureInfo.InvariantCulture)} s and was killed, exit code 124");
        }
        else if (end.ExitCode != 0)
        {
            status.Add($"exit code {end.ExitCode}");
        }

        if (note is not null)
        {
            status.Add(note);
        }

        if (status.Count == 0 && text.Length == 0)
        {
            status.Add("no output");
        }

        if (status.Count > 0)
        {
            if (text.Length > 0 && text[^1] != '\n')
            {
                text.Append('\n');
            }

            text.Append('[').AppendJoin("; ", status).Append(']');
        }

        return text.ToString();
    }

    /// <summary>The last two lines of the output of a running command, for users who watch; empty if there is no text.</summary>
    public static string LastLines(byte[] output)
    {
        var lines = PlainText.Printable(Encoding.UTF8.GetString(output)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return string.Join('\n', lines.TakeLast(2).Select(line => PlainText.OneLine(line, LineCharacters)));
    }

    /// <summary>All that was kept of an output, with a line where bytes are missing.</summary>
    public static byte[] Kept(CommandEnd end)
    {
        var missing = end.OutputBytes - end.Head.Length - end.Tail.Length;
        return missing > 0
            ? [.. end.Head, .. Encoding.ASCII.GetBytes($"\n[… {missing} bytes left out …]\n"), .. end.Tail]
            : [.. end.Head, .. end.Tail];
    }

    private static string Shorten(CommandEnd end, int characters)
    {
        var head = Printable(end.Head);
        var tail = Printable(end.Tail);
        var missingBytes = end.OutputBytes - end.Head.Length - end.Tail.Length;
        if (missingBytes <= 0)
        {
            // Decoded as one: the cut between the two may lie within a character.
            head = Printable([.. end.Head, .. end.Tail]);
            tail = "";
            if (head.Length <= characters)
            {
                return head;
            }
        }

        var front = characters * 2 / 3;
        var back = characters - front;
        var start = head[..Cut(head, Math.Min(front, head.Length))];
        var rest = tail.Length > 0 ? tail : head[start.Length..];
        var from = Math.Max(0, rest.Length - back);
        if (from > 0 && from < rest.Length && char.IsLowSurrogate(rest[from]))
        {
            from++;
        }

        var ending = rest[from..];
        var left = end.OutputBytes - Encoding.UTF8.GetByteCount(start) - Encoding.UTF8.GetByteCount(ending);
        return $"{start}\n[… {Math.Max(left, 1).ToString(CultureInfo.InvariantCulture)} bytes left out …]\n{ending}";
    }

    private static int Cut(string text, int length) =>
        length > 0 && length < text.Length && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length;

    /// <summary>Text of any bytes: what is no UTF-8 becomes the replacement character, controls that confuse become dots.</summary>
    private static string Printable(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        return text.AsSpan().IndexOfAnyInRange('\0', '\u0008') < 0
            ? text
            : string.Create(text.Length, text, (span, source) =>
            {
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = source[i] <= '\u0008' ? '\u00B7' : source[i];
                }
            });
    }
}

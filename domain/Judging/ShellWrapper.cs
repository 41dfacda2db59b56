using System.Text;

namespace Spark.Temporal.Domain.Judging;

/// <summary>
/// Takes a command out of the shell that agents wrap it in: <c>bash -lc "…"</c>, <c>/bin/sh -c '…'</c>. A command that is
/// not exactly one quoted argument of such a call stays unchanged.
/// </summary>
public static class ShellWrapper
{
    private static readonly string[] Shells = ["bash", "sh", "zsh", "dash"];

    /// <summary>The command inside, trimmed; the command itself where nothing wraps it.</summary>
    public static string Remove(string command)
    {
        var text = command.Trim();
        var first = Word(text, 0);
        if (!Shells.Contains(text[..first].Split('/')[^1]))
        {
            return text;
        }

        for (var at = Skip(text, first); at < text.Length && text[at] == '-';)
        {
            var end = Word(text, at);
            var option = text[at..end];
            at = Skip(text, end);
            if (!option.StartsWith("--", StringComparison.Ordinal) && option.EndsWith('c'))
            {
                return Unquote(text[at..]) ?? text;
            }
        }

        return text;
    }

    private static int Word(string text, int from)
    {
        var end = text.AsSpan(from).IndexOfAny(" \t\n");
        return end < 0 ? text.Length : from + end;
    }

    private static int Skip(string text, int from)
    {
        while (from < text.Length && char.IsWhiteSpace(text[from]))
        {
            from++;
        }

        return from;
    }

    // Null when the text is not one quoted argument from end to end.
    private static string? Unquote(string text)
    {
        if (text.Length < 2 || text[0] is not ('"' or '\'') || text[^1] != text[0])
        {
            return null;
        }

        var quote = text[0];
        var inside = new StringBuilder(text.Length);
        for (var at = 1; at < text.Length - 1; at++)
        {
            if (text[at] == quote)
            {
                // The usual way to write a single quote inside single quotes.
                if (quote != '\'' || string.CompareOrdinal(text, at, "'\\''", 0, 4) != 0 || at + 4 >= text.Length)
                {
                    return null;
                }

                inside.Append('\'');
                at += 3;
            }
            else if (quote == '"' && text[at] == '\\' && text[at + 1] is '"' or '\\' or '$' or '`' or '\n' && at + 1 < text.Length - 1)
            {
                // A backslash before a line's end joins the lines.
                if (text[++at] != '\n')
                {
                    inside.Append(text[at]);
                }
            }
            else
            {
                inside.Append(text[at]);
            }
        }

        return inside.ToString().Trim();
    }
}

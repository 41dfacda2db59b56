namespace Spark.Temporal.Domain.Tasks;

/// <summary>
/// Comments at the head of an instruction that mention a canary: they serve those who filter training data and are not for the agent. Prose about a canary
/// is for the agent.
/// </summary>
public static class CanaryComments
{
    private const string Open = "<!--";
    private const string Close = "-->";

    /// <summary>The text without such comments at its head, and without the blank lines after them.</summary>
    public static string Off(string text)
    {
        var rest = text.AsSpan();
        var found = false;
        while (rest.Length > 0)
        {
            var line = rest[..LineEnd(rest)];
            if (Comment(rest) is > 0 and var length)
            {
                found = true;
                rest = rest[length..];
            }
            else if (found && line.IsWhiteSpace())
            {
                rest = rest[line.Length..];
            }
            else
            {
                break;
            }
        }

        return found ? rest.ToString() : text;
    }

    /// <summary>Characters of the comment at the head, with the rest of its last line where that is blank; 0 where there is none about a canary.</summary>
    private static int Comment(ReadOnlySpan<char> text)
    {
        var start = text.TrimStart(' ');
        if (start.StartsWith('#'))
        {
            var end = LineEnd(text);
            return IsAboutCanary(text[..end]) ? end : 0;
        }

        if (!start.StartsWith(Open) || start.IndexOf(Close) is not (> 0 and var close) || !IsAboutCanary(start[..close]))
        {
            return 0;
        }

        var length = text.Length - start.Length + close + Close.Length;
        var behind = text[length..][..LineEnd(text[length..])];
        return behind.IsWhiteSpace() ? length + behind.Length : length;
    }

    private static bool IsAboutCanary(ReadOnlySpan<char> comment) => comment.Contains("canary", StringComparison.OrdinalIgnoreCase);

    private static int LineEnd(ReadOnlySpan<char> text) => text.IndexOf('\n') is >= 0 and var end ? end + 1 : text.Length;
}

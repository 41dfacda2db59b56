namespace Spark.Temporal.Domain.Memo;

/// <summary>Finds the sections of a memo.</summary>
public static class MemoSections
{
    public const string AttemptsLog = "Attempts Log";
    public const string CommandsFromLastAttempt = "Commands From Last Attempt";
    public const string VerifiedFacts = "Verified Facts";
    public const string CurrentErrorPattern = "Current Error Pattern";
    public const string NextStrategy = "Next Strategy";

    private const string Mark = "### ";

    /// <summary>
    /// The text between the first line <c>### Title</c> and the next line that starts with <c>### </c>, or the end; trimmed,
    /// and empty where there is no such section.
    /// </summary>
    public static string Find(string memo, string title)
    {
        var heading = Mark + title;
        for (var start = 0; start >= 0; start = NextLine(memo, start))
        {
            if (string.CompareOrdinal(memo, start, heading, 0, heading.Length) != 0)
            {
                continue;
            }

            var next = NextLine(memo, start);
            var rest = memo.AsSpan(start + heading.Length, (next < 0 ? memo.Length : next) - start - heading.Length);
            if (!rest.IsWhiteSpace())
            {
                continue;
            }

            if (next < 0)
            {
                return "";
            }

            return memo[next..End(memo, next)].Trim();
        }

        return "";
    }

    private static int End(string memo, int from)
    {
        for (var line = from; line >= 0; line = NextLine(memo, line))
        {
            if (string.CompareOrdinal(memo, line, Mark, 0, Mark.Length) == 0)
            {
                return line;
            }
        }

        return memo.Length;
    }

    private static int NextLine(string text, int from)
    {
        var end = text.IndexOf('\n', from);
        return end < 0 ? -1 : end + 1;
    }
}

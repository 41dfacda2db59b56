using System.Text;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Judging;

/// <summary>
/// A verifier's tests as text for the next memo: one line a test, marked ✓ or ✗, failed ones first because a cut takes the
/// end. The reason why a test failed is on a line of its own below it, so that the ✗ line stays the same while only numbers
/// in a message change and the PDI proxy sees that the same test fails again.
/// </summary>
public static class TestSummary
{
    public const int MaxCharacters = 8_000;
    public const char PassedMark = '✓';
    public const char FailedMark = '✗';

    /// <summary>Writes the summary; empty when there are no tests.</summary>
    /// <param name="report">The tests.</param>
    /// <param name="characters">At most this many characters; whole lines are left out and counted beyond it.</param>
    public static string Of(TestReport report, int characters = MaxCharacters)
    {
        List<string> lines = [];
        var failed = report.Tests.Where(test => test.Status == TestStatus.Failed).ToList();
        if (failed.Count > 0)
        {
            lines.Add($"Failed ({failed.Count} of {report.Total}):");
            foreach (var test in failed)
            {
                lines.Add($"  {FailedMark} {Line(test.Name)}");
                if (test.Message is { Length: > 0 } message)
                {
                    lines.Add($"    | {Line(message)}");
                }
            }
        }

        var passed = report.Tests.Where(test => test.Status == TestStatus.Passed).ToList();
        if (passed.Count > 0)
        {
            lines.Add($"Passed ({passed.Count} of {report.Total}), keep them so:");
            lines.AddRange(passed.Select(test => $"  {PassedMark} {Line(test.Name)}"));
        }

        return Fit(lines, characters);
    }

    /// <summary>
    /// The failed tests of a summary, of ours or recorded: its ✗ lines without the mark, each once, in order (the PDI
    /// proxy compares them as a set of whole lines: docs/architecture.md, "The PDI proxy").
    /// </summary>
    public static IReadOnlyList<string> FailedTests(string summary)
    {
        List<string> failed = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var raw in summary.Split('\n'))
        {
            var line = raw.Trim();
            if (line.StartsWith(FailedMark) && line[1..].Trim() is { Length: > 0 } test && seen.Add(test))
            {
                failed.Add(test);
            }
        }

        return failed;
    }

    private static string Line(string text) => PlainText.OneLine(text, TestReport.MessageCharacters);

    private static string Fit(List<string> lines, int characters)
    {
        const int NoteCharacters = 40;
        var length = lines.Sum(line => line.Length + 1) - 1;
        if (length <= characters)
        {
            return string.Join('\n', lines);
        }

        var text = new StringBuilder();
        var shown = 0;
        while (shown < lines.Count && text.Length + lines[shown].Length + 1 <= characters - NoteCharacters)
        {
            text.Append(lines[shown++]).Append('\n');
        }

        return text.Append($"… {lines.Count - shown} more lines left out").ToString();
    }
}

using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Judging;

/// <summary>Reads pytest's terminal output.</summary>
public static partial class PytestOutput
{
    private enum Part
    {
        /// <summary>Where tests report as they run; also everything before the first heading.</summary>
        Progress,

        /// <summary>Tracebacks and captured output: written by the code under test, so not believed.</summary>
        Details,

        Summary,
    }

    public static TestReport Read(string output)
    {
        List<string> names = [];
        Dictionary<string, TestResult> results = new(StringComparer.Ordinal);
        var part = Part.Progress;
        foreach (var raw in output.Split('\n'))
        {
            var line = Colour().Replace(raw, "").TrimEnd();
            if (Heading().Match(line) is { Success: true } heading)
            {
                part = heading.Groups["title"].Value switch
                {
                    "short test summary info" => Part.Summary,
                    "FAILURES" or "ERRORS" or "PASSES" or "XPASSES" or "warnings summary" => Part.Details,
                    _ => Part.Progress,
                };
            }
            else if (part != Part.Details && Parse(line, part, results) is { } result)
            {
                Add(result);
            }
        }

        return new TestReport { Tests = [.. names.Select(name => results[name])] };

        void Add(TestResult result)
        {
            if (!results.TryGetValue(result.Name, out var known))
            {
                if (names.Count == TestReport.MaxTests)
                {
                    return;
                }

                names.Add(result.Name);
                results[result.Name] = result;
                return;
            }

            // A test that passed and then broke in its tear-down is named twice: the failure counts.
            var failed = result.Status == TestStatus.Failed || known.Status == TestStatus.Failed;
            results[result.Name] = known with
            {
                Status = failed ? TestStatus.Failed : result.Status,
                Message = known.Message ?? result.Message,
            };
        }
    }

    /// <summary>The line of a traceback that says what was wrong: the first of pytest's <c>E</c> lines, else the last line.</summary>
    public static string? Reason(string trace)
    {
        string? last = null;
        foreach (var line in trace.Split('\n'))
        {
            if (line.StartsWith("E  ", StringComparison.Ordinal))
            {
                return line[1..].Trim();
            }

            last = string.IsNullOrWhiteSpace(line) ? last : line.Trim();
        }

        return last;
    }

    private static TestResult? Parse(string line, Part part, Dictionary<string, TestResult> known)
    {
        if (SummaryLine().Match(line) is { Success: true } summary)
        {
            var (name, message) = Split(summary.Groups["rest"].Value, known);
            return IsTest(name, summary.Groups["status"].Value) ? Result(name, summary.Groups["status"].Value, message) : null;
        }

        return part == Part.Progress && ProgressLine().Match(line) is { Success: true } progress
            ? Result(progress.Groups["name"].Value, progress.Groups["status"].Value, null)
            : null;
    }

    // Parameters of a test may themselves hold " - ", so a name met among the progress lines is preferred, then the place
    // after its closing bracket.
    private static (string Name, string? Message) Split(string rest, Dictionary<string, TestResult> known)
    {
        const string Dash = " - ";
        for (var dash = rest.IndexOf(Dash, StringComparison.Ordinal); dash >= 0; dash = rest.IndexOf(Dash, dash + 1, StringComparison.Ordinal))
        {
            if (known.ContainsKey(PlainText.OneLine(rest[..dash], TestReport.NameCharacters)))
            {
                return (rest[..dash], rest[(dash + Dash.Length)..]);
            }
        }

        var bracket = rest.IndexOf('[', StringComparison.Ordinal);
        var first = rest.IndexOf(Dash, StringComparison.Ordinal);
        if (bracket >= 0 && bracket < first && rest.IndexOf("]" + Dash, bracket, StringComparison.Ordinal) is >= 0 and var end)
        {
            first = end + 1;
        }

        return first < 0 || known.ContainsKey(rest) ? (rest, null) : (rest[..first], rest[(first + Dash.Length)..]);
    }

    // A file that cannot be collected is named without a test.
    private static bool IsTest(string name, string status) =>
        name.Contains("::", StringComparison.Ordinal) || (status == "ERROR" && name.EndsWith(".py", StringComparison.Ordinal));

    private static TestResult Result(string name, string status, string? message)
    {
        var kind = status switch
        {
            "PASSED" or "XPASS" => TestStatus.Passed,
            "SKIPPED" or "XFAIL" => TestStatus.Skipped,
            _ => TestStatus.Failed,
        };
        var reason = kind == TestStatus.Failed && !string.IsNullOrWhiteSpace(message) ? PlainText.OneLine(message, TestReport.MessageCharacters) : null;
        return new TestResult(PlainText.OneLine(name, TestReport.NameCharacters), kind, reason);
    }

    [GeneratedRegex(@"\x1B\[[0-9;]*[A-Za-z]", RegexOptions.CultureInvariant)]
    private static partial Regex Colour();

    [GeneratedRegex(@"^=+ (?<title>[^=].*?) =+$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^(?:\[gw\d+\] )?(?:\[ *\d+%\] )?(?<status>PASSED|FAILED|ERROR|XFAIL|XPASS|SKIPPED) (?<rest>\S.*)$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex SummaryLine();

    [GeneratedRegex(@"^(?<name>\S+::.*\S) (?<status>PASSED|FAILED|ERROR|XFAIL|XPASS|SKIPPED)(?: \(.*\))? *(?:\[ *\d+%\])?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ProgressLine();
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Memo;

/// <summary>
/// What failed attempts at a task found out: a heading with their number and five sections. A section is the text between
/// its <c>### Title</c> line and the next line that begins with <c>### </c>, trimmed.
/// </summary>
public sealed partial record ExplorationMemo
{
    /// <summary>The five titles in their order.</summary>
    public static readonly IReadOnlyList<string> Titles =
        [MemoSections.AttemptsLog, MemoSections.CommandsFromLastAttempt, MemoSections.VerifiedFacts, MemoSections.CurrentErrorPattern, MemoSections.NextStrategy];

    public required int FailedAttempts { get; init; }

    public string AttemptsLog { get; init; } = "";

    public string Commands { get; init; } = "";

    public string VerifiedFacts { get; init; } = "";

    public string ErrorPattern { get; init; } = "";

    public string NextStrategy { get; init; } = "";

    /// <summary>First line of a memo.</summary>
    public static string Heading(int failedAttempts) =>
        string.Create(CultureInfo.InvariantCulture, $"## Exploration Memo ({failedAttempts} failed attempts)");

    /// <summary>Whether a line is the first of a memo, whatever number it gives.</summary>
    public static bool IsHeading(string line) => HeadingLine().IsMatch(line);

    /// <summary>Reads a memo.</summary>
    /// <param name="text">The text of the memo, its heading on the first line.</param>
    /// <returns>The memo, or null where the heading or a section is missing or a section appears twice.</returns>
    public static ExplorationMemo? Parse(string text)
    {
        var heading = HeadingLine().Match(FirstLine(text));
        if (!heading.Success || !int.TryParse(heading.Groups[1].Value, CultureInfo.InvariantCulture, out var failed)
            || Titles.Any(title => Count(text, title) != 1))
        {
            return null;
        }

        return new ExplorationMemo
        {
            FailedAttempts = failed,
            AttemptsLog = MemoSections.Find(text, MemoSections.AttemptsLog),
            Commands = MemoSections.Find(text, MemoSections.CommandsFromLastAttempt),
            VerifiedFacts = MemoSections.Find(text, MemoSections.VerifiedFacts),
            ErrorPattern = MemoSections.Find(text, MemoSections.CurrentErrorPattern),
            NextStrategy = MemoSections.Find(text, MemoSections.NextStrategy),
        };
    }

    /// <summary>How often a section's title line appears in a text.</summary>
    public static int Count(string text, string title) => text.Split('\n').Count(line => IsTitle(line, title));

    /// <summary>The memo as text.</summary>
    public string Render() => Render(Titles);

    /// <summary>The memo as text without the plan for the next attempt.</summary>
    public string RenderWithoutNextStrategy() => Render(Titles.Take(4));

    private string Render(IEnumerable<string> titles) =>
        $"{Heading(FailedAttempts)}\n\n{string.Join("\n\n", titles.Select(title => $"### {title}\n{Text(title)}".TrimEnd()))}\n";

    private string Text(string title) => title switch
    {
        MemoSections.AttemptsLog => AttemptsLog,
        MemoSections.CommandsFromLastAttempt => Commands,
        MemoSections.VerifiedFacts => VerifiedFacts,
        MemoSections.CurrentErrorPattern => ErrorPattern,
        _ => NextStrategy,
    };

    private static bool IsTitle(string line, string title) => line.TrimEnd() == $"### {title}";

    private static string FirstLine(string text) => text.TrimStart().Split('\n', 2)[0].TrimEnd();

    [GeneratedRegex(@"^## Exploration Memo \((\d{1,6}) failed attempts?\)\s*$")]
    private static partial Regex HeadingLine();
}

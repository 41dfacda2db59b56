using System.Globalization;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Memo;

/// <summary>
/// Decides whether a rewritten memo may replace the one before it. A rewrite is refused when it is empty, malformed or too
/// long, or when it loses verified facts.
/// </summary>
/// <remarks>
/// A fact of the memo before is <em>withdrawn</em> when the rewrite lists it as such (see <see cref="VerifiedFacts"/>; each
/// entry withdraws the one fact whose words it repeats most, at least half of them), and <em>lost</em> when it is not
/// withdrawn and under half of its distinct tokens occur anywhere in the rewrite.
/// <para>
/// At most 20 % of the facts, rounded down, may go in one rewrite; lost and withdrawn facts count together. Some loss is
/// allowed, because a shortened fact may share too few words with the old one. Withdrawn facts count too, because a list of
/// withdrawals would get around the rule. One exception: a rewrite that loses nothing may always withdraw one fact, so that
/// a memo of fewer than five facts can drop a wrong one.
/// </para>
/// </remarks>
public static class MemoRules
{
    /// <summary>Longest memo, in characters.</summary>
    public const int MaxCharacters = 12_000;

    /// <summary>Checks a rewrite.</summary>
    /// <param name="previousMemo">The memo so far; null or empty before the first.</param>
    /// <param name="candidate">The model's reply. Wrappers are removed, and the number in the heading is corrected.</param>
    /// <param name="failedAttempts">Attempts failed so far.</param>
    public static MemoVerdict Check(string? previousMemo, string candidate, int failedAttempts)
    {
        var text = Tidy(candidate);
        if (text.Length == 0)
        {
            return Refused(["The reply held no memo. Write the whole memo."]);
        }

        var refusals = FormProblems(text);
        if (refusals.Count > 0)
        {
            return Refused(refusals);
        }

        var memo = ExplorationMemo.Parse(text)! with { FailedAttempts = failedAttempts };
        var rendered = memo.Render();
        if (rendered.Length > MaxCharacters)
        {
            refusals.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"The memo has {rendered.Length:N0} characters; at most {MaxCharacters:N0} are allowed. Shorten the log and the commands, keep the facts."));
        }

        var (lost, withdrawn, known) = Missing(previousMemo, memo, rendered);
        var gone = lost.Count + withdrawn.Count;
        if (gone * 5 > known && !(lost.Count == 0 && withdrawn.Count == 1))
        {
            refusals.Add(FactsRefusal(lost, withdrawn, known));
        }

        return new MemoVerdict(refusals.Count == 0 ? memo : null, refusals, lost, withdrawn);
    }

    private static MemoVerdict Refused(IReadOnlyList<string> refusals) => new(null, refusals, [], []);

    /// <summary>The reply from the memo's heading on, its section titles spelt as they should be.</summary>
    private static string Tidy(string candidate)
    {
        var lines = ReplyText.Strip(candidate, ExplorationMemo.IsHeading).Split('\n');
        var heading = Array.FindIndex(lines, ExplorationMemo.IsHeading);
        return string.Join('\n', lines.Skip(Math.Max(heading, 0)).Select(TidyTitle)).Trim();
    }

    private static string TidyTitle(string line)
    {
        if (!line.StartsWith("### ", StringComparison.Ordinal))
        {
            return line;
        }

        var said = line[4..].Trim(' ', '\t', '*', '_', ':');
        var title = ExplorationMemo.Titles.FirstOrDefault(title => title.Equals(said, StringComparison.OrdinalIgnoreCase));

        // Any other heading of this rank (or a comment in a script) would end its section: one rank lower it does not.
        return title is null ? "#" + line : $"### {title}";
    }

    private static List<string> FormProblems(string text)
    {
        List<string> problems = [];
        if (!ExplorationMemo.IsHeading(text.Split('\n', 2)[0]))
        {
            problems.Add("The heading is missing. The first line must be '## Exploration Memo (N failed attempts)' with N as a number.");
        }

        foreach (var title in ExplorationMemo.Titles)
        {
            var count = ExplorationMemo.Count(text, title);
            if (count == 0)
            {
                problems.Add($"The section '### {title}' is missing. Write all five sections.");
            }
            else if (count > 1)
            {
                problems.Add($"The section '### {title}' appears {count} times. Write it once.");
            }
            else if (MustHaveText(title) && MemoSections.Find(text, title).Length == 0)
            {
                problems.Add($"The section '### {title}' is empty.");
            }
        }

        return problems;
    }

    // An attempt may have run no command and verified nothing.
    private static bool MustHaveText(string title) => title is not (MemoSections.CommandsFromLastAttempt or MemoSections.VerifiedFacts);

    private static (IReadOnlyList<string> Lost, IReadOnlyList<string> Withdrawn, int Known) Missing(
        string? previousMemo, ExplorationMemo memo, string rendered)
    {
        var known = VerifiedFacts.Read(MemoSections.Find(previousMemo ?? "", MemoSections.VerifiedFacts)).Facts;
        var facts = known.Select(fact => (Text: fact, Tokens: Tokens.Of(fact).ToHashSet())).ToList();
        HashSet<int> withdrawn = [];
        foreach (var entry in VerifiedFacts.Read(memo.VerifiedFacts).Withdrawn)
        {
            var words = Tokens.Of(entry).ToHashSet();
            var best = Enumerable.Range(0, facts.Count)
                .Where(index => !withdrawn.Contains(index) && HoldsHalf(facts[index].Tokens, words))
                .OrderByDescending(index => (double)facts[index].Tokens.Count(words.Contains) / facts[index].Tokens.Count)
                .Select(index => (int?)index)
                .FirstOrDefault();
            if (best is { } found)
            {
                withdrawn.Add(found);
            }
        }

        var all = Tokens.Of(rendered).ToHashSet();
        var lost = facts.Where((fact, index) => !withdrawn.Contains(index) && !HoldsHalf(fact.Tokens, all)).Select(fact => fact.Text);
        return ([.. lost], [.. withdrawn.Order().Select(index => facts[index].Text)], facts.Count);
    }

    private static bool HoldsHalf(HashSet<string> fact, HashSet<string> words) => fact.Count(words.Contains) * 2 >= fact.Count;

    private static string FactsRefusal(IReadOnlyList<string> lost, IReadOnlyList<string> withdrawn, int known)
    {
        var says = $"The memo before has {known} verified facts; {lost.Count} are missing and {withdrawn.Count} are withdrawn in this one, and "
            + $"at most {(lost.Count == 0 ? Math.Max(1, known / 5) : known / 5)} may go in one rewrite. ";
        if (lost.Count > 0)
        {
            says += "Put these back under '### Verified Facts', in their own words:\n"
                + string.Join('\n', lost.Take(20).Select(fact => $"- {PlainText.OneLine(fact, 300)}"));
        }
        else
        {
            says += "Withdraw only what this attempt proved wrong, the clearest case first; keep the others, and correct their wording where it needs it.";
        }

        return says;
    }
}

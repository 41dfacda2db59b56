using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Evidence;

/// <summary>
/// What failed and what was learned: facts, attempts and error pattern of the last memo, the error patterns of earlier
/// memos, and failures in the passing attempt that a later command of the same kind overcame.
/// </summary>
public static class LessonEntries
{
    private const int MaxEarlierPatterns = 6;
    private const int MaxRecoveries = 12;

    public static IEnumerable<EvidenceEntry> Of(IReadOnlyList<string> memos, IReadOnlyList<CommandStep> steps)
    {
        if (memos.Count > 0)
        {
            var last = memos[^1];
            foreach (var (title, words, score) in ((string, string, double)[])
                     [
                         (MemoSections.VerifiedFacts, "Facts verified in failed attempts:", 10),
                         (MemoSections.AttemptsLog, "Failed attempts:", 8),
                         (MemoSections.CurrentErrorPattern, "What was wrong in the last failed attempt:", 9),
                     ])
            {
                if (Section(last, title, 4_000) is { Length: > 0 } section)
                {
                    yield return new EvidenceEntry(words, section, score);
                }
            }

            foreach (var entry in EarlierPatterns(memos))
            {
                yield return entry;
            }
        }

        foreach (var entry in Recoveries(steps))
        {
            yield return entry;
        }
    }

    private static IEnumerable<EvidenceEntry> EarlierPatterns(IReadOnlyList<string> memos)
    {
        HashSet<string> seen = new(StringComparer.Ordinal) { Section(memos[^1], MemoSections.CurrentErrorPattern, 4_000) };
        var from = Math.Max(0, memos.Count - 1 - MaxEarlierPatterns);
        for (var version = from; version < memos.Count - 1; version++)
        {
            if (Section(memos[version], MemoSections.CurrentErrorPattern, 600) is { Length: > 0 } pattern && seen.Add(pattern))
            {
                yield return new EvidenceEntry($"Seen failing earlier (memo {version + 1} of {memos.Count}):", pattern, 3);
            }
        }
    }

    private static IEnumerable<EvidenceEntry> Recoveries(IReadOnlyList<CommandStep> steps)
    {
        var recoveries = 0;
        for (var at = 0; at < steps.Count && recoveries < MaxRecoveries; at++)
        {
            var failed = steps[at];
            if (!failed.Failed || failed.Kind is CommandKind.Inspect or CommandKind.Other)
            {
                continue;
            }

            var cure = steps.Skip(at + 1).FirstOrDefault(later => later.Kind == failed.Kind && later.Succeeded);
            if (cure is not null)
            {
                recoveries++;
                var ending = failed.TimedOut ? "timed out" : $"ended with exit code {failed.ExitCode}";
                yield return new EvidenceEntry(
                    $"- In the passing attempt step {failed.Number} {ending}; step {cure.Number} succeeded. Step {failed.Number} was: {Quoting.Line(failed.Command, 200)}",
                    LastLines(failed.Output),
                    5);
            }
        }
    }

    // A program prints its errors last.
    private static string? LastLines(string output)
    {
        var text = Quoting.Clean(output);
        return text.Length == 0 ? null : text.Length <= 300 ? text : PlainText.TailAtLineStart(text, 300);
    }

    private static string Section(string memo, string title, int characters) =>
        Quoting.HeadAndTail(Quoting.Clean(MemoSections.Find(memo, title)), characters);
}

using System.Globalization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Activities.Evaluation;

/// <summary>A table of a report, written the same in Markdown and HTML.</summary>
/// <param name="Title">What it shows; empty for none.</param>
/// <param name="Columns">Names of the columns.</param>
/// <param name="Rows">Cells as text.</param>
/// <param name="Note">What a reader must know; null for nothing.</param>
internal sealed record ReportTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, string? Note = null);

/// <summary>The tables of a report.</summary>
internal static class EvaluationTables
{
    public static IEnumerable<ReportTable> Of(EvaluationSummary summary)
    {
        yield return Arms(summary);
        yield return Comparisons(summary);
        foreach (var pair in summary.Comparisons.Where(pair => pair.Tasks.Count > 0))
        {
            yield return AgreementOf(pair);
        }

        yield return Tasks(summary);
        if (summary.Transfer is { } transfer)
        {
            yield return Transfer(transfer);
        }

        if (summary.Sums.Any(sums => sums.SkillsKnown is not null))
        {
            yield return Opened(summary);
        }

        if (summary.Trials.Any(trial => trial.SkillsProblem is not null))
        {
            yield return new ReportTable(
                "Skills that are not valid",
                ["arm", "task", "problem"],
                [.. summary.Trials.Where(trial => trial.SkillsProblem is not null).DistinctBy(trial => (trial.Arm, trial.Task))
                    .Select(trial => (string[])[trial.Arm, trial.Task, trial.SkillsProblem!])],
                "They were installed unchanged. Some agents may ignore them.");
        }

        if (summary.Trials.Any(trial => trial.SkillsLeftOut is not null))
        {
            yield return new ReportTable(
                "Files of skills that were not installed",
                ["arm", "task", "names"],
                [.. summary.Trials.Where(trial => trial.SkillsLeftOut is not null).DistinctBy(trial => (trial.Arm, trial.Task))
                    .Select(trial => (string[])[trial.Arm, trial.Task, trial.SkillsLeftOut!])],
                "Everything else in the folders was. Folders whose name begins with a dot, links, and records of skill runs are left out.");
        }

        if (summary.Trials.Any(trial => !trial.IsScored()))
        {
            yield return new ReportTable(
                "Not scored",
                ["task", "arm", "repeat", "why", "message"],
                [.. summary.Trials.Where(trial => !trial.IsScored())
                    .Select(trial => (string[])[trial.Task, trial.Arm, $"{trial.Repeat}", Why(trial), trial.Error ?? ""])],
                "These trials are in no average; they do not count as 0.");
        }
    }

    public static ReportTable Transfer(IReadOnlyList<TransferRow> rows) => new(
        "Transfer",
        ["student", .. rows.Count == 0 ? [] : rows[0].Cells.Select(cell => cell.Arm)],
        [.. rows.Select(row => (string[])[row.Model, .. row.Cells.Select(Cell)])],
        "Mean reward in hundredths, in brackets the difference to the baseline on common tasks, and the pass rate.");

    private static string Cell(TransferCell cell) => cell.MeanReward is not { } reward ? "-"
        : string.Create(CultureInfo.InvariantCulture, $"{100 * reward:0.0}{(cell.DeltaR is { } delta ? $" ({100 * delta:+0.0;−0.0;0.0})" : "")}, {EvaluationPictures.Percent(cell.PassRate!.Value)}");

    private static string Why(EvaluationTrial trial) => trial.NoVerdict ? "no verdict: the verifier ran out of time"
        : trial.Outcome == Outcome.Skipped ? "skipped"
        : $"infrastructure, run {trial.Reruns + 1} times";

    private static ReportTable Arms(EvaluationSummary summary) => new(
        "Arms",
        ["arm", "pass rate", "95 % interval", "passed", "mean reward", "tokens", "cost", "cost per task", "median agent time", "skipped", "infrastructure", "no verdict"],
        [.. summary.Sums.Select(sums => (string[])
        [
            sums.Arm,
            sums.PassRate is { } rate ? EvaluationPictures.Percent(rate) : "-",
            sums.PassRate is null ? "-" : $"{EvaluationPictures.Percent(sums.PassRateInterval.Low)} to {EvaluationPictures.Percent(sums.PassRateInterval.High)}",
            $"{sums.Passed} of {sums.Scored}",
            Number(sums.MeanReward),
            sums.Tokens.ToString("N0", CultureInfo.InvariantCulture),
            Money.Of(sums),
            sums.CostPerTaskUsd is { } cost ? Money.Of(cost, estimated: sums.Estimated) : sums.Unpriced ? Money.Unknown : "-",
            sums.MedianDurationMs is { } ms ? $"{(ms / 1000).ToString("0.0", CultureInfo.InvariantCulture)} s" : "-",
            $"{sums.Skipped}",
            $"{sums.Infrastructure}",
            $"{sums.NoVerdict}",
        ])],
        "Intervals: Wilson's score method on the effective number of trials. Repeats of a task are alike and count less than trials of different tasks.");

    private static ReportTable Comparisons(EvaluationSummary summary) => new(
        "Comparisons",
        ["arm", "against", "tasks", "Δr", "95 % interval", "pass gain", "95 % interval", "McNemar p", "cost per point gained", "harmed tasks"],
        [.. summary.Comparisons.Select(pair => (string[])
        [
            pair.Arm,
            pair.Against,
            $"{pair.Tasks.Count}",
            pair.DeltaR is { } delta ? EvaluationPictures.Signed(delta) : "-",
            Between(pair.DeltaRInterval),
            pair.PassGain is { } gain ? EvaluationPictures.Signed(gain) : "-",
            Between(pair.PassGainInterval),
            pair.Tasks.Count == 0 ? "-" : Number(pair.Agreement.McNemarP),
            pair.CostPerPointUsd is { } cost ? Money.Of(cost) : "-",
            pair.Harmed.Count == 0 ? "none" : string.Join(", ", pair.Harmed),
        ])],
        "Δr is the mean over tasks of the difference in mean reward. Its interval comes from a smoothed bootstrap over whole tasks. A point is 0.01 of reward.");

    private static ReportTable Opened(EvaluationSummary summary) => new(
        "Skills opened",
        ["arm", "opened", "share", "against", "Δr", "Δr where opened"],
        [.. from sums in summary.Sums
            where sums.SkillsKnown is not null
            from pair in summary.Comparisons.Where(pair => pair.Arm == sums.Arm).DefaultIfEmpty()
            select (string[])
            [
                sums.Arm,
                $"{sums.SkillsOpened} of {sums.SkillsKnown}",
                EvaluationPictures.Percent((double)sums.SkillsOpened!.Value / sums.SkillsKnown!.Value),
                pair?.Against ?? "-",
                pair?.DeltaR is { } delta ? EvaluationPictures.Signed(delta) : "-",
                pair?.DeltaROpened is { } opened ? EvaluationPictures.Signed(opened) : "-",
            ]],
        "Scored trials in which the agent opened a file of the arm's skills, by the paths in its commands and the events of its own tools. Agents choose what they open, so the last column describes and proves nothing.");

    private static ReportTable AgreementOf(PairSums pair) => new(
        $"Agreement of {pair.Arm} and {pair.Against}",
        ["tasks", $"{pair.Against} passes", $"{pair.Against} does not"],
        [
            [$"{pair.Arm} passes", $"{pair.Agreement.Both}", $"{pair.Agreement.OnlyFirst}"],
            [$"{pair.Arm} does not", $"{pair.Agreement.OnlySecond}", $"{pair.Agreement.Neither}"],
        ],
        $"A task passes in an arm when more than half of its trials do. Kappa {Number(pair.Agreement.Kappa)}.");

    private static ReportTable Tasks(EvaluationSummary summary) => new(
        "Tasks",
        ["task", .. summary.Arms.Select(arm => arm.Name)],
        [.. summary.Trials.GroupBy(trial => trial.Task, StringComparer.Ordinal).OrderBy(task => task.Key, StringComparer.Ordinal).Select(task => (string[])
        [
            task.Key,
            .. summary.Arms.Select(arm => Rewards([.. task.Where(trial => trial.Arm == arm.Name)])),
        ])],
        "Mean reward and trials passed.");

    private static string Rewards(List<EvaluationTrial> trials)
    {
        List<EvaluationTrial> scored = [.. trials.Where(trial => trial.IsScored())];
        return scored.Count == 0
            ? trials.Count == 0 ? "" : string.Join(", ", trials.Select(trial => trial.NoVerdict ? "no verdict" : trial.Outcome.ToString().ToLowerInvariant()).Distinct())
            : $"{Number(Descriptive.Mean([.. scored.Select(trial => trial.Score())]))} ({scored.Count(trial => trial.Outcome == Outcome.Pass)} of {scored.Count})";
    }

    private static string Number(double? value) => value is { } number ? number.ToString("0.000", CultureInfo.InvariantCulture) : "-";

    private static string Between(Interval? interval) =>
        interval is { } between ? $"{EvaluationPictures.Signed(between.Low)} to {EvaluationPictures.Signed(between.High)}" : "-";
}

using System.Globalization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Spark.Temporal.Starter.Batches;

/// <summary>A batch on a terminal: the open runs, those that ended last, and the number of items in each state.</summary>
internal static class BatchTable
{
    private const int LastLines = 8;

    private static readonly string[] Columns = ["item", "state", "last outcome", "cost"];
    private static readonly string[] SkillColumns = ["item", "state", "attempt", "last outcome", "tests", "PDI", "intervention", "cost"];

    /// <param name="known">The progress that the batch reports.</param>
    /// <param name="kind">What its items are; only skills have attempts.</param>
    /// <param name="runs">The progress that open runs report, by name.</param>
    /// <param name="rows">Most open runs that are shown.</param>
    public static IRenderable Of(WindowProgress known, BatchKind kind, IReadOnlyDictionary<string, SkillProgress> runs, int rows)
    {
        var progress = known.Window;
        var skills = kind == BatchKind.Skills;
        var table = new Table().Border(TableBorder.Rounded).AddColumns(skills ? SkillColumns : Columns);
        foreach (var line in progress.Last.TakeLast(LastLines))
        {
            var (state, words) = (PlainText.Words(line.State), PlainText.OneLine(line.Words, 40));
            table.AddRow(skills
                ? Cells($"{line.Number} {line.Name}", state, "", words, "", "", "", Money.Of(line))
                : Cells($"{line.Number} {line.Name}", state, words, Money.Of(line)));
        }

        foreach (var open in progress.Open.Take(rows))
        {
            table.AddRow(!skills ? Cells($"{open.Number} {open.Name}", open.Waiting ?? RunStates.Running, "", Money.Of(open))
                : runs.TryGetValue(open.Name, out var run) ? Row(open, run)
                : Cells($"{open.Number} {open.Name}", open.Waiting ?? RunStates.Running, "", "", "", "", "", Money.Of(open)));
        }

        var counts = progress.Counts;
        var budget = progress.BudgetUsd is { } dollars ? $" of {PlainText.Usd(dollars)}" : "";
        table.Caption(Markup.Escape(
            $"{progress.Batch}: {progress.State} · {counts.Ended} of {counts.Total} ended, {counts.Open - counts.Waiting} running, {(counts.Waiting > 0 ? $"{counts.Waiting} waiting, " : "")}{counts.Passed} passed, {counts.Failed} failed, "
            + $"{counts.Infrastructure} infrastructure, {counts.TakenOver} taken over{(counts.Skipped > 0 ? $", {counts.Skipped} skipped" : "")} · {Money.Of(progress)}{budget}"));
        return known.Tallies.Count > 0 ? new Rows(Arms(known.Tallies), table) : table;
    }

    private static Table Arms(IReadOnlyList<ArmTally> tallies)
    {
        var several = tallies.Select(tally => tally.Model).Distinct().Count() > 1;
        var table = new Table().Border(TableBorder.Rounded).AddColumns("arm", "passed", "mean reward", "skipped", "infra", "cost");
        var unjudged = tallies.Any(tally => tally.NoVerdict > 0);
        if (unjudged)
        {
            table.AddColumn("no verdict");
        }

        foreach (var tally in tallies)
        {
            table.AddRow(Cells([
                several ? $"{tally.Model} {tally.Arm}" : tally.Arm,
                $"{tally.Passed}/{tally.Scored}",
                tally.Scored == 0 ? "" : (tally.Rewards / tally.Scored).ToString("0.000", CultureInfo.InvariantCulture),
                $"{tally.Skipped}",
                $"{tally.Infrastructure}",
                Money.Of(tally),
                .. unjudged ? [$"{tally.NoVerdict}"] : Array.Empty<string>()]));
        }

        return table;
    }

    private static IReadOnlyList<Markup> Row(OpenLine open, SkillProgress run)
    {
        var last = run.Attempts.Count > 0 ? run.Attempts[^1] : null;
        return Cells(
            $"{open.Number} {open.Name}",
            run.State == RunStates.Running ? run.Step : run.State,
            $"{run.Attempt}/{run.MaxAttempts}",
            last?.Outcome.ToString() ?? "",
            last is null ? "" : $"{last.TestsPassed}/{last.TestsTotal}",
            string.Join(' ', run.Attempts.Select(attempt => attempt.Pdi?.ToString("0.00")).OfType<string>()),
            last is null || last.Intervention == InterventionLevel.None ? "" : last.Intervention.ToString().ToLowerInvariant(),
            Money.Of(run));
    }

    private static IReadOnlyList<Markup> Cells(params string[] texts) => [.. texts.Select(text => new Markup(Markup.Escape(PlainText.OneLine(text, 200))))];
}

using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Domain.Pdi;
using Spark.Temporal.Workflows.SkillGeneration;
using Spectre.Console;
using Text = Spark.Temporal.Workflows.Domain.Text;

namespace Spark.Temporal.Starter.Runs;

/// <summary>A batch on a terminal: what is open, what ended last, and how many stand how.</summary>
internal static class BatchTable
{
    private const int LastLines = 8;

    public static Table Of(BatchProgress progress, IReadOnlyDictionary<string, SkillProgress> runs, int rows)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("item", "state", "attempt", "last outcome", "tests", "PDI", "intervention", "cost");
        foreach (var line in progress.Last.TakeLast(LastLines))
        {
            table.AddRow(Cells($"{line.Number} {line.Name}", line.State.ToString().ToLowerInvariant(), "", Text.OneLine(line.Words, 40), "", "", "", Text.Usd(line.CostUsd)));
        }

        foreach (var open in progress.Open.Take(rows))
        {
            table.AddRow(runs.TryGetValue(open.Name, out var run)
                ? Row(open, run)
                : Cells($"{open.Number} {open.Name}", open.Waiting ?? "running", "", "", "", "", "", Text.Usd(open.CostUsd)));
        }

        var counts = progress.Counts;
        var budget = progress.BudgetUsd is { } dollars ? $" of {Text.Usd(dollars)}" : "";
        table.Caption(Markup.Escape(
            $"{progress.Batch}: {progress.State} · {counts.Ended} of {counts.Total} ended, {counts.Open} open, {counts.Passed} passed, {counts.Failed} failed, "
            + $"{counts.Infrastructure} infrastructure, {counts.TakenOver} taken over · {Text.Usd(progress.CostUsd)}{budget}"));
        return table;
    }

    private static IReadOnlyList<Markup> Row(OpenLine open, SkillProgress run)
    {
        var last = run.Attempts.Count > 0 ? run.Attempts[^1] : null;
        return Cells(
            $"{open.Number} {open.Name}",
            run.State == "running" ? run.Step : run.State,
            $"{run.Attempt}/{run.MaxAttempts}",
            last?.Outcome.ToString() ?? "",
            last is null ? "" : $"{last.TestsPassed}/{last.TestsTotal}",
            string.Join(' ', run.Attempts.Select(attempt => attempt.Pdi?.ToString("0.00")).OfType<string>()),
            last is null || last.Intervention == InterventionLevel.None ? "" : last.Intervention.ToString().ToLowerInvariant(),
            Text.Usd(run.CostUsd));
    }

    private static IReadOnlyList<Markup> Cells(params string[] texts) => [.. texts.Select(text => new Markup(Markup.Escape(text)))];
}

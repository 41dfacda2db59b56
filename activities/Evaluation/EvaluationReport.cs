using System.Globalization;
using System.Text;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Evaluation;

/// <summary>The report as Markdown.</summary>
internal static class EvaluationReport
{
    public static string Of(EvaluationSummary summary) => Write($"{summary.Run}: {summary.Model}", Facts(summary), EvaluationTables.Of(summary));

    public static string OfTransfer(IReadOnlyList<EvaluationSummary> summaries) => Write(
        $"{summaries[0].Run}: {summaries.Count} students",
        $"{string.Join(", ", summaries.Select(summary => summary.Model))}; each has a report of its own.",
        [EvaluationTables.Transfer(summaries[0].Transfer ?? [])]);

    /// <summary>What was run, in one sentence or two.</summary>
    public static string Facts(EvaluationSummary summary) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(summary.Complete ? "" : $"Not complete: {summary.Trials.Count} of {summary.Planned} trials ended. ")}Agent {summary.Agent}, model {summary.Model}, {summary.Trials.Select(trial => trial.Task).Distinct().Count()} tasks, {summary.Arms.Count} arms, {summary.Repeats} {(summary.Repeats == 1 ? "trial" : "trials")} each, agent's time × {summary.TimeoutMultiplier:0.##}{(summary.VerifierTimeoutMultiplier is { } factor ? $", verifier's × {factor:0.##}" : "")}, seed {summary.Seed}. {summary.StartedAt:yyyy-MM-dd HH:mm} to {summary.FinishedAt:yyyy-MM-dd HH:mm} UTC.{Doubts(summary)}{LeftOut(summary)}");

    /// <summary>How many verdicts something could have steered.</summary>
    private static string Doubts(EvaluationSummary summary)
    {
        var (warned, differ) = (summary.Trials.Count(trial => trial.VerdictWarnings is { Count: > 0 }), summary.Trials.Count(trial => trial.VerdictsDiffer));
        return warned + differ == 0 ? "" : $" {warned} of {summary.Trials.Count} trials carry a warning about their verdict, {differ} have a clean and a shared verdict that differ: see verdict_warnings in summary.json.";
    }

    /// <summary>The tasks of the folder that no number counts.</summary>
    private static string LeftOut(EvaluationSummary summary) =>
        summary.LeftOut is { Count: > 0 } left ? $" {LeftOutTasks.Words(left)}; they were left out: see left_out in summary.json." : "";

    private static string Write(string title, string facts, IEnumerable<ReportTable> tables)
    {
        var text = new StringBuilder($"# {Cell(title)}\n\n{Cell(facts)}\n");
        foreach (var table in tables)
        {
            text.Append("\n## ").Append(table.Title).Append("\n\n");
            text.Append("| ").AppendJoin(" | ", table.Columns.Select(Cell)).Append(" |\n|").Append(string.Concat(Enumerable.Repeat("---|", table.Columns.Count))).Append('\n');
            foreach (var row in table.Rows)
            {
                text.Append("| ").AppendJoin(" | ", row.Select(Cell)).Append(" |\n");
            }

            if (table.Note is { } note)
            {
                text.Append('\n').Append(note).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>Text of agents and providers must not become markup.</summary>
    private static string Cell(string text) => PlainText.OneLine(text, 2_000).Replace("|", "\\|").Replace("<", "&lt;").Replace("[", "\\[");
}

using System.Globalization;
using System.Text;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain;

namespace Spark.Temporal.Workflows.Evaluation;

/// <summary>What the user interface shows of an evaluation, in Markdown.</summary>
internal static class EvaluationDetails
{
    public static string Render(EvaluationState state, OpenTrials open, EvaluationRecord? record)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"**{(record is null ? state.Control.State : RunStates.Done)}** · {state.Ended} of {state.Total} trials ended, {open.Count} open · {state.Control.Limit.Render(state.Control.Spent)}\n\n");
        text.Append(state.Control.BudgetWarning);
        if (state.Control.WaitsFor.Length > 0)
        {
            text.Append("> ").Append(AttemptDetails.Escape(state.Control.WaitsFor)).Append("\n\n");
        }

        foreach (var (reason, trials) in open.Waiting)
        {
            text.Append(CultureInfo.InvariantCulture, $"{trials} open trials: {reason}\n\n");
        }

        text.Append(state.SeveralStudents ? "| student | arm | passed | scored | mean reward | skipped | infrastructure | cost |\n|---|---|---|---|---|---|---|---|\n"
            : "| arm | passed | scored | mean reward | skipped | infrastructure | cost |\n|---|---|---|---|---|---|---|\n");
        foreach (var tally in state.Tallies)
        {
            var reward = tally.Scored == 0 ? "" : (tally.Rewards / tally.Scored).ToString("0.000", CultureInfo.InvariantCulture);
            text.Append(state.SeveralStudents ? $"| {tally.Model} " : "")
                .Append(CultureInfo.InvariantCulture, $"| {tally.Arm} | {tally.Passed} | {tally.Scored} | {reward} | {tally.Skipped} | {tally.Infrastructure} | {Text.Usd(tally.CostUsd)} |\n");
        }

        foreach (var student in record?.Students ?? [])
        {
            text.Append("\n`").Append(student.SummaryPath).Append("`\n");
            foreach (var pair in student.Comparisons.Where(pair => pair.HarmedCount > 0))
            {
                text.Append(CultureInfo.InvariantCulture, $"- {pair.Arm} harms {pair.HarmedCount} tasks against {pair.Against}: {AttemptDetails.Escape(string.Join(", ", pair.Harmed))}\n");
            }
        }

        return text.ToString();
    }
}

using System.Globalization;
using System.Text;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;

namespace Spark.Temporal.Workflows.Evaluation;

/// <summary>What the user interface shows of an evaluation above what it shows of every batch, in Markdown.</summary>
internal static class EvaluationDetails
{
    public static string Render(IEnumerable<ArmTally> tallies, bool severalStudents, EvaluationRecord? record)
    {
        var text = new StringBuilder();
        text.Append(severalStudents ? "| student | arm | passed | scored | mean reward | skipped | infrastructure | cost |\n|---|---|---|---|---|---|---|---|\n"
            : "| arm | passed | scored | mean reward | skipped | infrastructure | cost |\n|---|---|---|---|---|---|---|\n");
        foreach (var tally in tallies)
        {
            var reward = tally.Scored == 0 ? "" : (tally.Rewards / tally.Scored).ToString("0.000", CultureInfo.InvariantCulture);
            text.Append(severalStudents ? $"| {tally.Model} " : "")
                .Append(CultureInfo.InvariantCulture, $"| {tally.Arm} | {tally.Passed} | {tally.Scored} | {reward} | {tally.Skipped} | {tally.Infrastructure} | {DetailsText.Escape(Money.Of(tally))} |\n");
        }

        foreach (var tally in tallies.Where(tally => tally.NoVerdict > 0))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{(severalStudents ? $"{tally.Model}, " : "")}{tally.Arm}: {tally.NoVerdict} without a verdict, since the verifier ran out of time; in no mean.\n");
        }

        foreach (var student in record?.Students ?? [])
        {
            text.Append("\n`").Append(student.SummaryPath).Append("`\n\n");
            foreach (var pair in student.Comparisons.Where(pair => pair.HarmedCount > 0))
            {
                text.Append(CultureInfo.InvariantCulture, $"- {pair.Arm} harms {(pair.HarmedCount == 1 ? "1 task" : $"{pair.HarmedCount} tasks")} against {pair.Against}: {DetailsText.Escape(string.Join(", ", pair.Harmed))}\n");
            }
        }

        return text.Append('\n').ToString();
    }
}

using System.Text;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Domain.Pdi;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <summary>What the user interface shows of a skill run, in Markdown.</summary>
internal static class SkillRunDetails
{
    public static string Render(SkillRunState state, IReadOnlyList<AttemptProgress> attempts, SkillGenerationResult? result)
    {
        var text = new StringBuilder();
        if (result is not null)
        {
            text.Append("**").Append(result.Status).Append("** after ").Append(result.Attempts).Append(" attempts\n\n");
            if (result.Error is { } error)
            {
                text.Append("> ").Append(AttemptDetails.Escape(Domain.Text.OneLine(error, 600))).Append("\n\n");
            }
        }
        else if (state.Control.WaitsFor.Length > 0)
        {
            text.Append("**Waits:** ").Append(AttemptDetails.Escape(state.Control.WaitsFor)).Append("\n\n`Resume`, `RaiseBudget` or cancel.\n\n");
        }
        else
        {
            text.Append("**Attempt ").Append(state.Number).Append(" of ").Append(state.MaxAttempts).Append("** · ").Append(AttemptDetails.Escape(state.Step)).Append("\n\n");
        }

        if (result is null)
        {
            text.Append(state.Control.BudgetWarning);
        }

        if (attempts.Count > 0)
        {
            text.Append("| attempt | intervention | outcome | reward | tests | PDI | cost |\n|---|---|---|---|---|---|---|\n");
            foreach (var attempt in attempts)
            {
                text.Append("| ").Append(attempt.Number)
                    .Append(" | ").Append(attempt.Intervention == InterventionLevel.None ? "" : attempt.Intervention.ToString().ToLowerInvariant())
                    .Append(" | ").Append(attempt.Outcome)
                    .Append(" | ").Append(attempt.Reward?.ToString("0.###") ?? "")
                    .Append(" | ").Append(attempt.TestsPassed).Append('/').Append(attempt.TestsTotal)
                    .Append(" | ").Append(attempt.Pdi?.ToString("0.0000") ?? "")
                    .Append(" | ").Append(Domain.Text.Usd(attempt.CostUsd)).Append(" |\n");
            }

            text.Append('\n');
        }

        text.Append("Spent ").Append(state.Control.Limit.Render(state.Control.Spent));
        foreach (var guidance in state.PendingGuidance)
        {
            text.Append("\n- guidance for the next attempt: ").Append(AttemptDetails.Escape(Domain.Text.OneLine(guidance, 200)));
        }

        return text.ToString();
    }
}

using System.Text;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <summary>
/// What the user interface shows of a skill run, in Markdown, for a person who never saw one. What matters most comes first:
/// its state or how it ended, what it waits for, what may be done.
/// </summary>
internal static class SkillRunDetails
{
    private static readonly string[] Updates =
        ["`AddGuidance` with `{\"text\": \"what the agent should know\"}`", "`ExtendAttempts` with `{\"attempts\": 3}`"];

    public static string Render(SkillRunState state, IReadOnlyList<AttemptProgress> attempts, SkillGenerationResult? result)
    {
        var text = new StringBuilder();
        if (result is not null)
        {
            text.Append("**").Append(Ending(result)).Append("**");
        }
        else if (state.Control.State == RunStates.Cancelled)
        {
            text.Append("**Cancelled** in attempt ").Append(Math.Max(1, state.Number)).Append(" of ").Append(state.MaxAttempts);
        }
        else
        {
            text.Append(OperatorHints.Waiting(state.Control, DetailsText.Escape));
            text.Append("Attempt ").Append(Math.Max(1, state.Number)).Append(" of ").Append(state.MaxAttempts).Append(" · ").Append(Step(state));
        }

        text.Append(" · spent ").Append(DetailsText.Escape(state.Control.Limit.Render(state.Control.Spent))).Append("\n\n");
        if (result is null && state.Control.State != RunStates.Cancelled)
        {
            text.Append(state.Control.BudgetWarning).Append(OperatorHints.Render(state.Control, Updates));
        }
        else if (result?.Error is { } error)
        {
            text.Append("> ").Append(DetailsText.Escape(PlainText.OneLine(error, 600))).Append("\n\n");
        }

        foreach (var guidance in state.PendingGuidance)
        {
            text.Append("- guidance for the next attempt: ").Append(DetailsText.Escape(PlainText.OneLine(guidance, 200))).Append('\n');
        }

        return Table(text, attempts).Append(RunDescriptions.Foot).ToString();
    }

    /// <summary>What it does; of the agent's work the attempt says more, and only it knows from turn to turn what that costs.</summary>
    private static string Step(SkillRunState state) => state.Step == SkillRunState.Executing
        ? $"the agent works: *Relationships* leads to `attempt-{state.Number}`, which says what it does and costs"
        : DetailsText.Escape(state.Step);

    private static StringBuilder Table(StringBuilder text, IReadOnlyList<AttemptProgress> attempts)
    {
        if (attempts.Count == 0)
        {
            return text;
        }

        text.Append("\n| attempt | steered | outcome | reward | tests | PDI | cost | why |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var attempt in attempts)
        {
            text.Append("| ").Append(attempt.Number)
                .Append(" | ").Append(attempt.Intervention == InterventionLevel.None ? "" : attempt.Intervention.ToString().ToLowerInvariant())
                .Append(" | ").Append(attempt.Outcome)
                .Append(" | ").Append(attempt.Reward?.ToString("0.###") ?? "none")
                .Append(" | ").Append(attempt.TestsPassed).Append("\u00a0of\u00a0").Append(attempt.TestsTotal)
                .Append(" | ").Append(attempt.Pdi?.ToString("0.0000") ?? "")
                .Append(" | ").Append(DetailsText.Escape(Money.Of(attempt)))
                .Append(" | ").Append(DetailsText.Escape(attempt.Why ?? attempt.Error ?? "")).Append(" |\n");
        }

        if (attempts.Any(attempt => attempt.Pdi is not null))
        {
            text.Append("\nPDI: from the second failure on, below ").Append(PdiTracker.Threshold)
                .Append(" steers the next attempt, softly at first, strongly when it stays there.\n");
        }

        if (attempts.Any(attempt => attempt.Outcome == Outcome.Infrastructure))
        {
            text.Append("\nInfrastructure: not the agent's fault, never scored, uses up no attempt.\n");
        }

        return text;
    }

    private static string Ending(SkillGenerationResult result) => result.Status switch
    {
        SkillRunStatus.Passed => $"Passed after {Counted(result)}: the skill is valid",
        SkillRunStatus.Exhausted => $"No pass in {Counted(result)}: none is left",
        SkillRunStatus.NeedsReview => $"Passed after {Counted(result)}; the skill needs review",
        SkillRunStatus.SkillRefused => $"Passed after {Counted(result)}, but no valid skill came of it",
        SkillRunStatus.TaskBroken => "The task itself cannot run",
        _ => $"{result.Status} after {Counted(result)}",
    };

    private static string Counted(SkillGenerationResult result) => result.Attempts == 1 ? "1 attempt" : $"{result.Attempts} attempts";
}

using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>How an attempt ended, from what stopped it and what the verifier said.</summary>
internal static class AttemptOutcome
{
    /// <remarks>
    /// A task that cannot be built, started or read is an error of the task: trying again, or elsewhere, gives the same.
    /// Everything else that stops an attempt is infrastructure and no score.
    /// </remarks>
    /// <param name="failure">What stopped it; null for nothing.</param>
    /// <param name="containerEnded">The agent ended its container.</param>
    /// <param name="verdict">What the verifier said.</param>
    /// <param name="steps">How far each step got; empty in a task without steps. Whoever did not get through all of them has not passed, whatever their mean is.</param>
    public static Outcome Of(Exception? failure, bool containerEnded, VerifyReply? verdict, IReadOnlyList<StepResult> steps)
    {
        if (failure is not null)
        {
            return ActivityFailures.IsFinal(failure) ? Outcome.Error : Outcome.Infrastructure;
        }

        if (verdict is null || (containerEnded && steps.Count < 2))
        {
            return Outcome.Error;
        }

        var whole = !containerEnded && verdict.RewardProblem is null;
        var outcome = Outcomes.Of(verdict.Reward, verdict.TestsPassed);
        return outcome == Outcome.Pass && !whole ? Outcome.Fail : outcome;
    }
}

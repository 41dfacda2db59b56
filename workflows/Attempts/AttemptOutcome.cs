using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Running;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>How an attempt ended, from what stopped it and what the verifier said.</summary>
internal static class AttemptOutcome
{
    /// <remarks>
    /// A task that cannot be built, started or read is an error of the task: trying again, or elsewhere, gives the same.
    /// Everything else that stops an attempt is infrastructure and no score.
    /// </remarks>
    public static Outcome Of(Exception? failure, bool containerEnded, VerifyReply? verdict) =>
        failure is not null ? (ActivityFailures.IsFinal(failure) ? Outcome.Error : Outcome.Infrastructure)
        : containerEnded || verdict is null ? Outcome.Error
        : Outcomes.Of(verdict.Reward, verdict.TestsPassed);
}

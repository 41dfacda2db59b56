using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Domain.Statistics;

/// <summary>What one trial of an evaluation counts for.</summary>
public interface ITrialScore : ICosted
{
    string Task { get; }

    /// <summary>Such as <c>baseline</c>, <c>generated</c>, <c>human</c>.</summary>
    string Arm { get; }

    Outcome Outcome { get; }

    /// <summary>Whether its verifier ran out of time, which is no verdict on the agent.</summary>
    bool NoVerdict { get; }

    /// <summary>0 to 1; null where the trial gave none.</summary>
    double? Reward { get; }

    /// <summary>Whether the agent opened one of the skills that it was given; null where it was given none, or that is not known.</summary>
    bool? SkillOpened { get; }

    long Tokens { get; }

    long DurationMs { get; }
}

public static class TrialScores
{
    /// <summary>
    /// Skipped trials, infrastructure failures and trials without a verdict are never scored (docs/architecture.md,
    /// "Outcomes"); another trial that ran and gave no reward counts as 0.
    /// </summary>
    public static bool IsScored(this ITrialScore trial) => trial.Outcome.IsScored() && !trial.NoVerdict;

    /// <summary>The reward it counts with.</summary>
    public static double Score(this ITrialScore trial) => trial.Reward ?? 0;
}

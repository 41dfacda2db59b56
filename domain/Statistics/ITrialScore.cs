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

    /// <summary>0 to 1; null where the trial gave none.</summary>
    double? Reward { get; }

    long Tokens { get; }

    long DurationMs { get; }
}

public static class TrialScores
{
    /// <summary>
    /// Skipped trials and infrastructure failures are never scored (docs/architecture.md, "Outcomes"); a trial that ran
    /// and gave no reward counts as 0.
    /// </summary>
    public static bool IsScored(this ITrialScore trial) => trial.Outcome.IsScored();

    /// <summary>The reward it counts with.</summary>
    public static double Score(this ITrialScore trial) => trial.Reward ?? 0;
}

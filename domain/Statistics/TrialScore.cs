using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Domain.Statistics;

/// <summary>What one trial of an evaluation counts for.</summary>
public sealed record TrialScore
{
    public required string Task { get; init; }

    /// <summary>Such as <c>baseline</c>, <c>generated</c>, <c>human</c>.</summary>
    public required string Arm { get; init; }

    /// <summary>From 1.</summary>
    public int Repeat { get; init; } = 1;

    public required Outcome Outcome { get; init; }

    /// <summary>0 to 1; null where the trial gave none.</summary>
    public double? Reward { get; init; }

    public long Tokens { get; init; }

    /// <summary>In US dollars.</summary>
    public double CostUsd { get; init; }

    public long DurationMs { get; init; }

    /// <summary>
    /// Skipped trials and infrastructure failures are never scored (docs/architecture.md, "Outcomes"); a trial that ran
    /// and gave no reward counts as 0.
    /// </summary>
    public bool IsScored => Outcome.IsScored();

    /// <summary>The reward it counts with.</summary>
    public double Score => Reward ?? 0;
}

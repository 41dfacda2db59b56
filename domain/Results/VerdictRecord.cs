using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Domain.Results;

/// <summary>What a verdict rests on.</summary>
public sealed record VerdictRecord : OpenRecord
{
    /// <summary>Where the trial was verified.</summary>
    public required VerdictMode Mode { get; init; }

    /// <summary>What could have steered the verdict, in words; empty where nothing was seen.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The reward in the agent's own container, where both were asked for.</summary>
    public double? SharedReward { get; init; }

    /// <summary>Whether the two verdicts differ; the clean one counts.</summary>
    public bool Differs { get; init; }
}

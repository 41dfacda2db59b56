using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Batches;

/// <summary>What a batch or an evaluation says of itself.</summary>
/// <param name="Window">How its items stand.</param>
internal sealed record WindowProgress(BatchProgress Window)
{
    /// <summary>Counts a student and arm; none for what has no arms.</summary>
    public IReadOnlyList<ArmTally> Tallies { get; init; } = [];

    /// <summary>What there is to say once.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Batches;

/// <summary>The progress that a batch or an evaluation reports.</summary>
/// <param name="Window">The number of its items in each state.</param>
internal sealed record WindowProgress(BatchProgress Window)
{
    /// <summary>Counts per student and arm; empty for a run without arms.</summary>
    public IReadOnlyList<ArmTally> Tallies { get; init; } = [];

    /// <summary>Notes that are printed once.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

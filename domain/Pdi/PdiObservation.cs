namespace Spark.Temporal.Domain.Pdi;

/// <summary>What one snapshot is computed from.</summary>
public sealed record PdiObservation
{
    /// <summary>The attempt reflected on, from 0.</summary>
    public required int Attempt { get; init; }

    /// <summary>The recorded number of the reflection when a run is replayed; null counts reflections.</summary>
    public int? Step { get; init; }

    /// <summary>The attempt's commands (docs/architecture.md, "Commands and test summary").</summary>
    public required string Commands { get; init; }

    /// <summary>The memo that the attempt started with; empty when there was none.</summary>
    public required string MemoBefore { get; init; }

    /// <summary>The memo that the reflection wrote.</summary>
    public required string MemoAfter { get; init; }

    /// <summary>Distinct lines of the attempt's failed tests.</summary>
    public required IReadOnlyList<string> FailedTests { get; init; }

    /// <summary>
    /// Those of the attempt before; null when there was none, it was an infrastructure failure, or it was not reflected on.
    /// </summary>
    public IReadOnlyList<string>? PreviousFailedTests { get; init; }
}

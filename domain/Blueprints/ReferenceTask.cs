namespace Spark.Temporal.Domain.Blueprints;

/// <summary>A task of the library, as far as ranking and the author need it.</summary>
public sealed record ReferenceTask
{
    /// <summary>Name of the task's folder.</summary>
    public required string Name { get; init; }

    public required string Instruction { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Tools and packages its image has.</summary>
    public IReadOnlyList<string> Tools { get; init; } = [];

    /// <summary>Paths of its files, for its shape.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>SHA-256 over its content.</summary>
    public required string Digest { get; init; }
}

/// <param name="Task">The task.</param>
/// <param name="Score">Its BM25 score; only comparable within one ranking.</param>
public sealed record RankedTask(ReferenceTask Task, double Score);

using Spark.Temporal.Workflows.SkillGeneration;

namespace Spark.Temporal.Workflows.Batches;

public sealed record BatchInput
{
    public required string Batch { get; init; }

    /// <summary>Absolute paths of the tasks' folders, in the order in which they start.</summary>
    public required IReadOnlyList<BatchItem> Items { get; init; }

    /// <summary>What every item gets; its own fields replace the task's folder.</summary>
    public required SkillGenerationInput Template { get; init; }

    /// <summary>Runs open at once.</summary>
    public int Parallelism { get; init; } = 4;
}

/// <param name="Name">Slug of the task.</param>
/// <param name="TaskDir">Absolute path of its folder.</param>
public sealed record BatchItem(string Name, string TaskDir);

public sealed record BatchResult
{
    public required string Batch { get; init; }
    public required IReadOnlyList<SkillGenerationResult> Results { get; init; }

    /// <summary>Path of <c>pipeline_summary.json</c>.</summary>
    public string? SummaryPath { get; init; }
}

/// <summary>Answer of a batch's <c>GetProgress</c>.</summary>
/// <param name="Total">Items in all.</param>
/// <param name="Started">Items started, the ended ones included.</param>
/// <param name="Results">What ended so far.</param>
public sealed record BatchProgress(int Total, int Started, IReadOnlyList<SkillGenerationResult> Results);

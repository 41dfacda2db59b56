namespace Spark.Temporal.Workflows.Messages;

public sealed record FamilyInput
{
    /// <summary>Name of an accepted task in <c>generated_tasks/</c>.</summary>
    public required string Task { get; init; }

    /// <summary>How many variants.</summary>
    public required int Count { get; init; }

    /// <summary>Most variants of one run; more come of another, which leaves out those that are there.</summary>
    public const int MostCount = 200;

    /// <summary>Where to begin among all combinations of the template.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Absolute path of the template; null for the task's own <c>family.json</c>, else one derived from its seeds.</summary>
    public string? TemplateFile { get; init; }

    public required string Batch { get; init; }

    /// <summary>Variants open at once.</summary>
    public int Parallelism { get; init; } = 2;

    /// <summary>Folder under which <c>generated_tasks/</c> is.</summary>
    public required string OutDir { get; init; }

    public AttemptLimits Limits { get; init; } = new();
}

/// <param name="Name">The variant's name.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Error">Why it was not accepted, shortened.</param>
public sealed record VariantOutcome(string Name, ConstructionStatus Status, string? Error);

/// <param name="Task">The accepted task.</param>
/// <param name="Asked">Variants asked for.</param>
/// <param name="Variants">Every variant that was tried, in the order of their ends.</param>
/// <param name="Error">Why there are fewer than asked for; null when there are all.</param>
public sealed record FamilyResult(string Task, int Asked, IReadOnlyList<VariantOutcome> Variants, string? Error)
{
    /// <summary>How many are proven and in their place.</summary>
    public int Accepted => Variants.Count(variant => variant.Status == ConstructionStatus.Accepted);
}

/// <summary>Answer of a family's <c>GetProgress</c>.</summary>
/// <param name="Asked">Variants asked for.</param>
/// <param name="Open">Variants under way.</param>
/// <param name="Variants">What ended so far.</param>
public sealed record FamilyProgress(int Asked, IReadOnlyList<string> Open, IReadOnlyList<VariantOutcome> Variants);

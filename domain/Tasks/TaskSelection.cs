namespace Spark.Temporal.Domain.Tasks;

/// <summary>Which tasks, prompts or recorded runs a batch has, and in which order. Paths are absolute.</summary>
public record TaskSelection
{
    /// <summary>A folder of Harbor tasks, or one task.</summary>
    public string? TasksDir { get; init; }

    /// <summary>Prompt files or folders of them, for tasks further folders like <see cref="TasksDir"/>; or <c>@FILE</c> with one path a line.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Names with <c>*</c> and <c>?</c>, or <c>@FILE</c> with one a line; empty for all.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The same, for what must not run.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Random order with this seed instead of by name.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Most tasks or prompts to run, counted in the order in which they would start.</summary>
    public int? Limit { get; init; }
}

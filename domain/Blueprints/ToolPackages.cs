namespace Spark.Temporal.Domain.Blueprints;

/// <summary>What to install for a set of tools.</summary>
/// <param name="Apt">Debian packages, sorted, each once.</param>
/// <param name="Pip">Python packages with versions, sorted, each once.</param>
public sealed record ToolPackages(IReadOnlyList<string> Apt, IReadOnlyList<string> Pip)
{
    public static ToolPackages None { get; } = new([], []);
}

/// <param name="Name">The name as it was written.</param>
/// <param name="Near">Known names with a similar spelling, nearest first.</param>
public sealed record UnknownTool(string Name, IReadOnlyList<string> Near);

/// <param name="Packages">What to install for the tools that are known.</param>
/// <param name="Unknown">The others.</param>
public sealed record ToolResolution(ToolPackages Packages, IReadOnlyList<UnknownTool> Unknown);

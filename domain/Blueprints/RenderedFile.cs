using System.Text;

namespace Spark.Temporal.Domain.Blueprints;

/// <param name="Path">Relative path with forward slashes, below the task's folder.</param>
/// <param name="Content">Exact bytes.</param>
/// <param name="Executable">Whether it is a program (mode 0755, else 0644).</param>
public sealed record RenderedFile(string Path, byte[] Content, bool Executable)
{
    /// <summary>The content as text.</summary>
    public string Text => Encoding.UTF8.GetString(Content);
}

/// <summary>What a rendering depends on beside the blueprint.</summary>
public sealed record RenderOptions
{
    /// <summary>Packages of the tools that the prompt asks for, added to the blueprint's own.</summary>
    public ToolPackages Tools { get; init; } = ToolPackages.None;
}

/// <summary>Numbers of a proof, as they ship with the task.</summary>
public sealed record ProofNumbers
{
    public required double OracleReward { get; init; }

    public required int OracleRuns { get; init; }

    public required double NopReward { get; init; }

    /// <summary>Mutants of the oracle's output that did not pass.</summary>
    public required int MutantsRefused { get; init; }

    public required int Mutants { get; init; }

    /// <summary>SHA-256 of the data, the same in both builds; null when the task has none.</summary>
    public string? DataDigest { get; init; }

    /// <summary>Rounds of repair before the proof held.</summary>
    public int Rounds { get; init; }
}

using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Results;

/// <summary>
/// <c>generated_tasks/_artifacts/&lt;task&gt;/generation_report.json</c>: what became of a prompt, version by version. It also
/// says which run a task's folder belongs to.
/// </summary>
public sealed record ConstructionReport : VersionedRecord, ICosted
{
    public const string FileName = "generation_report.json";

    /// <summary>Such as <c>accepted</c> or <c>rejected</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The task's name; null while no blueprint was readable.</summary>
    public string? TaskId { get; init; }

    /// <summary>The task that this one is a variant of; null when it is no variant.</summary>
    public string? VariantOf { get; init; }

    /// <summary>How it differs, in words; null when it is no variant.</summary>
    public string? Choices { get; init; }

    /// <summary>Absolute path of the task; null where it was not accepted.</summary>
    public string? TaskDir { get; init; }

    public string? WorkflowId { get; init; }

    /// <summary>Why it was not accepted.</summary>
    public string? Error { get; init; }

    /// <summary>Rounds of repair used.</summary>
    public int Rounds { get; init; }

    /// <summary>Tasks that the author was shown.</summary>
    public IReadOnlyList<string> ReferenceTasks { get; init; } = [];

    public string? Model { get; init; }
    public int ModelCalls { get; init; }
    public TokenUsage Usage { get; init; } = TokenUsage.None;

    /// <summary>In US dollars.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? CostUsd { get; init; } = 0;

    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    public long DurationMs { get; init; }

    /// <summary>Of the last version; null where it was not reached.</summary>
    public ProofEntry? Proof { get; init; }

    public IReadOnlyList<VersionEntry> Versions { get; init; } = [];

    /// <exception cref="ResultFormatException">The content is of another form, or of a newer version.</exception>
    public static ConstructionReport Read(string file, string text) => ResultJson.Read<ConstructionReport>(file, text);

    public string Write() => ResultJson.Write(this);
}

/// <summary>One version of a blueprint.</summary>
public sealed record VersionEntry : OpenRecord
{
    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    /// <summary>Why it went no further; null for the accepted one.</summary>
    public string? Refused { get; init; }

    public IReadOnlyList<CritiqueFinding> Findings { get; init; } = [];
    public ProofEntry? Proof { get; init; }
}

/// <summary>What a proof says of a task.</summary>
public sealed record ProofEntry : OpenRecord
{
    public required string Task { get; init; }

    /// <summary><c>proven</c>, <c>refuted</c> or <c>no_verdict</c>.</summary>
    public required string Verdict { get; init; }

    public IReadOnlyList<ProofCheckEntry> Checks { get; init; } = [];

    /// <summary>Rewards of the oracle's runs, in order; null where the verifier gave none.</summary>
    public IReadOnlyList<double?> OracleRewards { get; init; } = [];

    /// <summary>Reward when nothing was done; null where the verifier gave none.</summary>
    public double? NothingReward { get; init; }

    public int Mutants { get; init; }
    public int MutantsRefused { get; init; }
    public string? DataDigest { get; init; }
    public string? AnswerDigest { get; init; }
    public string? TaskDigest { get; init; }
    public string? Error { get; init; }
    public long DurationMs { get; init; }
}

public sealed record ProofCheckEntry : OpenRecord
{
    public required string Name { get; init; }

    /// <summary><c>passed</c>, <c>failed</c> or <c>skipped</c>.</summary>
    public required string Status { get; init; }

    /// <summary>What was seen, as a sentence.</summary>
    public required string Words { get; init; }

    public double? Reward { get; init; }
    public int TestsPassed { get; init; }
    public int TestsTotal { get; init; }
    public long DurationMs { get; init; }
    public ArtifactRef? Output { get; init; }
}

using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Domain.Results;

/// <summary>
/// A line of <c>batches/&lt;batch&gt;/results.jsonl</c>: how one item of a batch ended. A second try of an item is a line of
/// its own, and the last one counts.
/// </summary>
public sealed record BatchResultLine : VersionedRecord, ICosted
{
    public const string FileName = "results.jsonl";

    public required BatchItemEntry Item { get; init; }

    /// <summary>Such as <c>passed</c>, <c>failed</c>, <c>infrastructure</c> or <c>taken_over</c>.</summary>
    public required string State { get; init; }

    public required string WorkflowId { get; init; }

    /// <summary>In US dollars, of every time the batch started it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? CostUsd { get; init; } = 0;

    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    /// <summary>UTC.</summary>
    public DateTime? StartedAt { get; init; }

    /// <summary>UTC.</summary>
    public DateTime? FinishedAt { get; init; }

    /// <summary>Batch that ran it, where this one took its result over.</summary>
    public string? TakenOverFrom { get; init; }

    /// <summary>One of these three, by the kind of the batch; none where the item did not run.</summary>
    public SkillOutcome? Skill { get; init; }

    /// <inheritdoc cref="Skill"/>
    public ConstructionOutcome? Construction { get; init; }

    /// <inheritdoc cref="Skill"/>
    public TrialOutcome? Trial { get; init; }

    /// <param name="file">The file, for errors.</param>
    /// <param name="number">Number of the line, from 1.</param>
    /// <param name="line">The line.</param>
    /// <exception cref="ResultFormatException">The line is cut off, of another form, or of a newer version.</exception>
    public static BatchResultLine Read(string file, long number, string line) => ResultJson.Read<BatchResultLine>($"{file}, line {number}", line);

    /// <summary>The line, its end included.</summary>
    public string Write() => ResultJson.WriteLine(this);
}

/// <summary>What was run.</summary>
public sealed record BatchItemEntry : OpenRecord
{
    /// <summary>From 1; a second try keeps it.</summary>
    public required int Number { get; init; }

    /// <summary>Slug of the task or prompt.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute path of the task's folder or the prompt file.</summary>
    public required string Source { get; init; }

    /// <summary>Digest of content and settings; items with the same digest need not run twice.</summary>
    public string? Digest { get; init; }

    /// <summary>Template of a trial.</summary>
    public string? Template { get; init; }

    /// <summary>Number of the trial among those of the same template and task, from 1; 0 for an item that is no trial.</summary>
    public int Repeat { get; init; }

    /// <summary>Skills that the trial's agent was given, in the store.</summary>
    public ArtifactRef? Skills { get; init; }

    public bool? WithoutOwnSkills { get; init; }

    /// <summary>Number of the try, from 1.</summary>
    public int Try { get; init; } = 1;
}

/// <summary>How a skill run ended.</summary>
public sealed record SkillOutcome : OpenRecord, ICosted
{
    public required string Task { get; init; }

    /// <summary>Such as <c>passed</c> or <c>exhausted</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Of the last scored attempt.</summary>
    public Outcome Outcome { get; init; }

    public double? Reward { get; init; }

    /// <summary>Scored attempts.</summary>
    public int Attempts { get; init; }

    public int InfrastructureFailures { get; init; }
    public string? SkillPath { get; init; }
    public string? ResultDir { get; init; }
    public string? Error { get; init; }
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

    public int ModelCalls { get; init; }
    public int ResentInFlight { get; init; }
    public int SoftInterventions { get; init; }
    public int StrongInterventions { get; init; }
    public long DurationMs { get; init; }
    public string? WorkflowId { get; init; }
    public string? ForkedFrom { get; init; }
    public int? ForkedFromAttempt { get; init; }
}

/// <summary>How the construction of a task ended.</summary>
public sealed record ConstructionOutcome : OpenRecord, ICosted
{
    /// <summary>Slug under which the run went.</summary>
    public required string Name { get; init; }

    /// <summary>Such as <c>accepted</c> or <c>rejected</c>.</summary>
    public required string Status { get; init; }

    public string? TaskId { get; init; }
    public string? TaskDir { get; init; }
    public string? ReportPath { get; init; }

    /// <summary>Rounds of repair used.</summary>
    public int Rounds { get; init; }

    public string? Error { get; init; }
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

    public int ModelCalls { get; init; }
    public int ResentInFlight { get; init; }
    public long DurationMs { get; init; }
    public string? WorkflowId { get; init; }
}

/// <summary>How a trial ended.</summary>
public sealed record TrialOutcome : OpenRecord
{
    public required string Task { get; init; }
    public required string Agent { get; init; }
    public required Outcome Outcome { get; init; }
    public string? AgentVersion { get; init; }

    /// <summary>Null where the verifier gave none.</summary>
    public double? Reward { get; init; }

    public IReadOnlyDictionary<string, double> Rewards { get; init; } = new Dictionary<string, double>();
    public int TestsPassed { get; init; }
    public int TestsTotal { get; init; }
    public string? Error { get; init; }
    public string? ErrorType { get; init; }
    public ArtifactRef? Conversation { get; init; }
    public ArtifactRef? AgentOutput { get; init; }
    public ArtifactRef? VerifierOutput { get; init; }
    public ArtifactRef? Ctrf { get; init; }
    public ArtifactRef? AgentLogs { get; init; }
    public ArtifactRef? VerifierLogs { get; init; }
    public ArtifactRef? Artifacts { get; init; }
    public ArtifactRef? BuildLog { get; init; }
    public TokenUsage Usage { get; init; } = TokenUsage.None;
    public int Turns { get; init; }
    public int ModelCalls { get; init; }
    public int ResentInFlight { get; init; }

    /// <summary>Containers lost on the way.</summary>
    public int Losses { get; init; }

    public bool AgentTimedOut { get; init; }
    public long DurationMs { get; init; }

    /// <summary>Milliseconds of each phase.</summary>
    public IReadOnlyDictionary<string, long> PhasesMs { get; init; } = new Dictionary<string, long>();

    public string? TrialDir { get; init; }
    public IReadOnlyList<string> Notes { get; init; } = [];
}

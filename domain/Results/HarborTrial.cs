using System.Text.Json.Serialization;
using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Skills;

namespace Spark.Temporal.Domain.Results;

/// <summary>
/// <c>spark-jobs/&lt;job&gt;/&lt;trial&gt;/result.json</c>, Harbor's trial result. It has no version of ours: fields that
/// Harbor adds are kept. Names of Harbor's own are as its users know them.
/// </summary>
public sealed record HarborTrialResult : OpenRecord
{
    public const string FileName = "result.json";

    /// <summary>A UUID.</summary>
    public required string Id { get; init; }

    public required string TaskName { get; init; }
    public required string TrialName { get; init; }

    /// <summary>Address of the trial's folder, <c>file://</c>.</summary>
    public string? TrialUri { get; init; }

    public HarborTaskId? TaskId { get; init; }

    /// <summary>Digest of the task's files.</summary>
    public string? TaskChecksum { get; init; }

    public HarborTrialConfig? Config { get; init; }
    public HarborAgentInfo? AgentInfo { get; init; }
    public HarborAgentResult? AgentResult { get; init; }

    /// <summary>Null where the verifier gave no verdict.</summary>
    public HarborVerifierResult? VerifierResult { get; init; }

    /// <summary>Where it was verified, and what could have steered the verdict; not one of Harbor's keys.</summary>
    public VerdictRecord? Verdict { get; init; }

    /// <summary>How far each step of a multi-step task got; null for a task without steps.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<HarborStepResult>? StepResults { get; init; }

    /// <summary>Null where nothing went wrong.</summary>
    public HarborExceptionInfo? ExceptionInfo { get; init; }

    /// <summary>UTC.</summary>
    public DateTime? StartedAt { get; init; }

    /// <summary>UTC.</summary>
    public DateTime? FinishedAt { get; init; }

    public HarborTimes? EnvironmentSetup { get; init; }
    public HarborTimes? AgentExecution { get; init; }
    public HarborTimes? Verifier { get; init; }

    /// <exception cref="ResultFormatException">The content is of another form.</exception>
    public static HarborTrialResult Read(string file, string text) => ResultJson.Read<HarborTrialResult>(file, text);

    public string Write() => ResultJson.Write(this);
}

/// <summary><c>config.json</c> of a trial, Harbor's trial configuration.</summary>
public sealed record HarborTrialConfig : OpenRecord
{
    public const string FileName = "config.json";

    public HarborTaskId? Task { get; init; }
    public string? TrialName { get; init; }
    public string? TrialsDir { get; init; }

    /// <summary>Of the agent's time only.</summary>
    public double? TimeoutMultiplier { get; init; }

    /// <summary>Of the verifier's time; null for 1.</summary>
    public double? VerifierTimeoutMultiplier { get; init; }

    public HarborAgentConfig? Agent { get; init; }
    public HarborEnvironmentConfig? Environment { get; init; }

    /// <summary>Paths that are copied out of the container; Harbor also writes objects.</summary>
    public IReadOnlyList<JsonElement>? Artifacts { get; init; }

    /// <exception cref="ResultFormatException">The content is of another form.</exception>
    public static HarborTrialConfig Read(string file, string text) => ResultJson.Read<HarborTrialConfig>(file, text);

    public string Write() => ResultJson.Write(this);
}

public sealed record HarborTaskId : OpenRecord
{
    /// <summary>The task's folder; null for one of a repository.</summary>
    public string? Path { get; init; }
}

public sealed record HarborAgentConfig : OpenRecord
{
    public string? Name { get; init; }
    public IReadOnlyDictionary<string, JsonElement>? Kwargs { get; init; }

    /// <summary>Null for an agent without a model.</summary>
    public string? ModelName { get; init; }
}

public sealed record HarborEnvironmentConfig : OpenRecord
{
    public string? Type { get; init; }
}

public sealed record HarborAgentInfo : OpenRecord
{
    public string? Name { get; init; }
    public string? Version { get; init; }
    public HarborModelInfo? ModelInfo { get; init; }
}

public sealed record HarborModelInfo : OpenRecord
{
    /// <summary>As the endpoint named it.</summary>
    public string? Name { get; init; }

    /// <summary>Ours: the worker's profile.</summary>
    public string? Provider { get; init; }
}

public sealed record HarborAgentResult : OpenRecord, ICosted
{
    public long? NInputTokens { get; init; }

    /// <summary>The part of the input that the endpoint had cached.</summary>
    public long? NCacheTokens { get; init; }

    public long? NOutputTokens { get; init; }

    /// <summary>In US dollars, as far as it is known; null where nothing of it is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? CostUsd { get; init; }

    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    public SparkTrialMetadata? Metadata { get; init; }
}

/// <summary>What Harbor has no field for.</summary>
public sealed record SparkTrialMetadata : OpenRecord
{
    public string? Outcome { get; init; }
    public int? Turns { get; init; }
    public bool? AgentTimedOut { get; init; }
    public int? ContainersLost { get; init; }
    public int? ResentInFlight { get; init; }
    public int? TestsPassed { get; init; }
    public int? TestsTotal { get; init; }
    public IReadOnlyList<string>? Notes { get; init; }

    /// <summary>What became of the skills that the agent was given; null where there were none.</summary>
    public IReadOnlyList<SkillUse>? Skills { get; init; }
}

public sealed record HarborVerifierResult : OpenRecord
{
    public IReadOnlyDictionary<string, double>? Rewards { get; init; }
}

/// <summary>One step of a multi-step task; what it left is in <c>steps/&lt;name&gt;/</c>.</summary>
public sealed record HarborStepResult : OpenRecord
{
    public required string StepName { get; init; }

    /// <summary>Null where the step has no verdict.</summary>
    public HarborVerifierResult? VerifierResult { get; init; }

    /// <summary>Null where nothing went wrong.</summary>
    public HarborExceptionInfo? ExceptionInfo { get; init; }

    public HarborTimes? AgentExecution { get; init; }
    public HarborTimes? Verifier { get; init; }
}

public sealed record HarborExceptionInfo : OpenRecord
{
    public string? ExceptionType { get; init; }
    public string? ExceptionMessage { get; init; }
    public string? ExceptionTraceback { get; init; }

    /// <summary>UTC.</summary>
    public DateTime? OccurredAt { get; init; }
}

/// <summary>When a phase ran (UTC).</summary>
public sealed record HarborTimes : OpenRecord
{
    public DateTime? StartedAt { get; init; }
    public DateTime? FinishedAt { get; init; }
}

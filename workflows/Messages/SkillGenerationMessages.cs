using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;

namespace Spark.Temporal.Workflows.Messages;

public sealed record SkillGenerationInput
{
    /// <summary>Absolute path of the task's folder.</summary>
    public required string TaskDir { get; init; }

    /// <summary>Agent that works on the task.</summary>
    public string Agent { get; init; } = AgentNames.Terminal;

    /// <summary>What the agent is told besides its model; null for nothing.</summary>
    public IReadOnlyDictionary<string, string>? AgentKwargs { get; init; }

    /// <summary>Model of the agent.</summary>
    public ModelChoice Model { get; init; } = new();

    /// <summary>Model that reflects and distills; the agent's where null.</summary>
    public ModelChoice? SummaryModel { get; init; }

    /// <summary>Name of the model in result folders and workflow ids.</summary>
    public required string ModelSlug { get; init; }

    public required string Batch { get; init; }

    /// <summary>Attempts that may be scored; infrastructure failures use up none.</summary>
    public int MaxAttempts { get; init; } = 8;

    public PdiSettings Pdi { get; init; } = new();
    public AttemptLimits Limits { get; init; } = new();

    /// <summary>Dollars the whole run may cost before it waits; null for no limit.</summary>
    public double? BudgetUsd { get; init; }

    /// <summary>Tokens the whole run may send and receive before it waits; null for no limit.</summary>
    public long? BudgetTokens { get; init; }

    /// <summary>Folder under which results are written.</summary>
    public required string OutDir { get; init; }

    /// <summary>Folder of skills and their records, a folder a model; null for <c>skills_gen_result/</c> in <see cref="OutDir"/>.</summary>
    public string? ResultsRoot { get; init; }

    /// <summary>How often a memo or a skill that was refused is asked for again.</summary>
    public int ReAsks { get; init; } = 2;

    /// <summary>Infrastructure failures in a row after which the run waits for a person.</summary>
    public int InfrastructureLimit { get; init; } = 2;

    /// <summary>Characters of the evidence for a skill; null for as many as fit the model that distills.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? EvidenceCharacters { get; init; }

    /// <summary>Whether the skill of a recorded run is distilled again, by this run's model, from the evidence that was recorded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Redistill { get; init; }

    /// <summary>The run whose past this one goes on from; null for one that starts from nothing.</summary>
    public SkillFork? Fork { get; init; }

    /// <summary>First run id of an earlier run of this id, under which its replies are kept, so that nothing is asked for again; null for the run's own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Replies { get; init; }

    /// <summary>The batch that it belongs to; null for a run of its own.</summary>
    [JsonPropertyName("seat")]
    public ParentBatch? Parent { get; init; }
}

/// <summary>Where a run was forked: it goes on from what another had found out by the end of one attempt.</summary>
public sealed record SkillFork
{
    /// <summary>Id of the other run, which goes its own way.</summary>
    public required string WorkflowId { get; init; }

    public required string RunId { get; init; }

    /// <summary>Number of the last attempt that both share.</summary>
    public required int Attempt { get; init; }

    /// <summary>Records of the shared attempts (<see cref="AttemptRecord"/>), oldest first.</summary>
    public required IReadOnlyList<ArtifactRef> Records { get; init; }

    /// <summary>A memo to go on with, in place of the one of that time.</summary>
    public string? Memo { get; init; }
}

/// <param name="Enabled">Compute the proxy after every reflection.</param>
/// <param name="ObserveOnly">Compute and record, but never intervene.</param>
/// <param name="Method">How similarity is measured.</param>
public sealed record PdiSettings(bool Enabled = true, bool ObserveOnly = false, PdiMethod Method = PdiMethod.TokenOverlap);

/// <summary>How a skill run ended.</summary>
public enum SkillRunStatus
{
    /// <summary>An attempt passed and its skill is valid.</summary>
    Passed,

    /// <summary>The attempts ran out.</summary>
    Exhausted,

    /// <summary>An attempt passed but no skill came of it; only in runs from before, and in recorded ones.</summary>
    SkillRefused,

    /// <summary>An attempt passed, and its skill is kept as it is with what is wrong with it: a person has to look at it.</summary>
    NeedsReview,

    /// <summary>The task itself cannot be run.</summary>
    TaskBroken,

    /// <summary>A person cancelled the run.</summary>
    Cancelled,

    /// <summary>The run itself failed, through no fault of the task.</summary>
    Failed,
}

public sealed record SkillGenerationResult : IRunResult, ICosted
{
    public required string Task { get; init; }
    public required SkillRunStatus Status { get; init; }

    /// <summary>Outcome of the last scored attempt.</summary>
    public required Outcome Outcome { get; init; }

    public double? Reward { get; init; }

    /// <summary>Scored attempts.</summary>
    public required int Attempts { get; init; }

    /// <summary>Attempts that infrastructure ended; never scored.</summary>
    public int InfrastructureFailures { get; init; }

    public string? SkillPath { get; init; }
    public string? ResultDir { get; init; }
    public string? Error { get; init; }
    public TokenUsage Usage { get; init; } = TokenUsage.None;
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

    /// <summary>Id of the run this one was forked from, and the last attempt that both share.</summary>
    public string? ForkedFrom { get; init; }
    public int? ForkedFromAttempt { get; init; }

    /// <summary>What was mended in the skill by rule, cut out of it and left out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? SkillNotes { get; init; }

    ItemState IRunResult.ItemState => Status switch
    {
        SkillRunStatus.Passed => ItemState.Passed,
        SkillRunStatus.Cancelled => ItemState.Cancelled,
        SkillRunStatus.Failed => ItemState.Infrastructure,
        _ => ItemState.Failed,
    };

    string IRunResult.Ending => ResultWords.After(Status, Attempts, "attempt");

    IRunResult IRunResult.Shortened() => this with { Error = ResultWords.Cut(Error) };
}

/// <summary>Answer of <c>GetProgress</c>.</summary>
public sealed record SkillProgress(
    string Task,
    string State,
    int Attempt,
    int MaxAttempts,
    string Step,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? CostUsd,
    double? BudgetUsd,
    IReadOnlyList<AttemptProgress> Attempts) : ICosted
{
    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    /// <summary>How many of the attempts are judged, reflected on where they failed, and kept: of the first so many nothing changes any more.</summary>
    public int? Kept { get; init; }

    /// <summary>What it waits for, for a person; empty while it does not.</summary>
    public string WaitsFor { get; init; } = "";

    /// <summary>Tokens sent and received so far.</summary>
    public long Tokens { get; init; }

    public long? BudgetTokens { get; init; }

    /// <summary>What of the budget is nearly used up; null while nothing is.</summary>
    public string? BudgetWarning { get; init; }
}

/// <summary>One line of progress.</summary>
public sealed record AttemptProgress(
    int Number,
    Outcome Outcome,
    double? Reward,
    int TestsPassed,
    int TestsTotal,
    double? Pdi,
    InterventionLevel Intervention,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? CostUsd,
    string? Error) : ICosted
{
    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    /// <summary>Why it did not pass, on one line: the failed tests or what went wrong; null for a pass.</summary>
    public string? Why { get; init; }
}

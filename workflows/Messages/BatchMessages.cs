using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>What a batch is and which items it has. It holds neither the items nor their results, so its size does not depend on them.</summary>
public sealed record BatchInput
{
    /// <summary>Slug of the batch.</summary>
    public required string Batch { get; init; }

    /// <summary>What every item gets.</summary>
    public required BatchWork Work { get; init; }

    /// <summary>Which items there are.</summary>
    public required BatchSource Source { get; init; }

    /// <summary>Folder under which results are written.</summary>
    public required string OutDir { get; init; }

    /// <summary>Runs open at once.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>Dollars the whole batch may cost before it waits; null for no limit.</summary>
    public double? BudgetUsd { get; init; }

    /// <summary>Tokens, sent and received, that it may use before it waits; null for no limit.</summary>
    public long? BudgetTokens { get; init; }

    /// <summary>Take over what earlier batches under <see cref="OutDir"/> have done for the same content with the same settings.</summary>
    public bool Resume { get; init; }

    /// <summary>1 goes before 5 wherever tasks wait for workers.</summary>
    public int Priority { get; init; } = 3;

    /// <summary>Share of the workers among batches of one priority that wait for them.</summary>
    public float Weight { get; init; } = 1;

    public BatchTuning Tuning { get; init; } = new();

    /// <summary>State of the run before; only a batch that continues itself sets it.</summary>
    [JsonConverter(typeof(PackedJson<BatchCarry>))]
    public BatchCarry? Carry { get; init; }
}

/// <summary>Which items a batch has. Paths are absolute and read where the workers are.</summary>
public sealed record BatchSource : TaskSelection, IOperatorRequest
{
    public static string Example => """{"tasks_dir": "/tasks", "names": ["csv-*"]}""";

    /// <summary>Another output folder whose batches' results are taken over too; null for none.</summary>
    public string? SharedResults { get; init; }

    /// <summary>A list that was planned before (<c>BatchList</c>); the other fields are empty then.</summary>
    public ArtifactRef? List { get; init; }
}

/// <summary>Numbers that tests lower.</summary>
public sealed record BatchTuning
{
    /// <summary>Events after which a run of the batch continues as a new one. A run ends with about a third more.</summary>
    public int HistoryLimit { get; init; } = 2500;

    /// <summary>Seconds between two looks at open runs whose end the batch may not hear of.</summary>
    public double ReconcileSec { get; init; } = 300;

    /// <summary>Seconds that a cancelled batch waits for its open runs to remove their containers.</summary>
    public double CancelPatienceSec { get; init; } = 120;

    /// <summary>How often a run is started again in its place after a failure of the infrastructure; 0 leaves that to <c>RetryFailed</c>.</summary>
    public int Reruns { get; init; }

    /// <summary>Seconds before the first of them; doubled for each further one.</summary>
    public double RerunDelaySec { get; init; } = 30;

    /// <summary>Runs in a row that the infrastructure ended, after which the batch waits for a person to fix it; 0 for never.</summary>
    public int FailuresInARow { get; init; }

    /// <summary>Runs that wait for the same cause, after which the batch waits as a whole; 0 for never.</summary>
    public int SameCause { get; init; } = 3;

    /// <summary>As <see cref="AttemptLimits.WaitUnitSec"/>, for the batch's own records.</summary>
    public double WaitUnitSec { get; init; } = 60;

    /// <summary>Seconds between two looks at the disks, while runs are started or room is waited for; 0 for none.</summary>
    public double DiskLookSec { get; init; } = 60;
}

/// <summary>One thing to run.</summary>
public sealed record BatchItem
{
    /// <summary>Number in the batch, from 1; a second try keeps it.</summary>
    public required int Number { get; init; }

    /// <summary>Slug of the task or prompt.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute path of the task's folder or the prompt file.</summary>
    public required string Source { get; init; }

    /// <summary>Digest of content and settings: equal items are done once.</summary>
    public string? Digest { get; init; }

    /// <summary>Template of a trial.</summary>
    public string? Template { get; init; }

    /// <summary>Number of the trial among those of the same template and task, from 1; 0 for what is no trial.</summary>
    public int Repeat { get; init; }

    /// <summary>Skills that a trial's agent gets, instead of the template's (tar with one folder per skill).</summary>
    public ArtifactRef? Skills { get; init; }

    /// <summary>Take away what skills the image of a trial's task brings, whatever the template says.</summary>
    public bool? WithoutOwnSkills { get; init; }

    /// <summary>First run id of an earlier run of this item, whose replies are not asked for again; null where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Replies { get; init; }

    /// <summary>The last kept attempt of an earlier run of this item, from which a skill run goes on; null where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SkillFork? Fork { get; init; }

    /// <summary>Number of the try, from 1.</summary>
    public int Try { get; init; } = 1;

    /// <summary>What people call it: of a trial also its template and repeat.</summary>
    [JsonIgnore]
    public string Title => Template is null ? Name : $"{Name}, {Template} {Repeat}";
}

/// <summary>State of an item.</summary>
public enum ItemState
{
    ToCome,
    Open,

    /// <summary>Skill made, task accepted, trial passed.</summary>
    Passed,

    /// <summary>It ran to its end without that.</summary>
    Failed,

    /// <summary>It did not run to its end, through no fault of its own; never a score.</summary>
    Infrastructure,

    Cancelled,

    /// <summary>Done by an earlier batch, not run again.</summary>
    TakenOver,

    /// <summary>It lacks what it needs, so it was not run; never a score.</summary>
    Skipped,
}

/// <summary>How an item ended; kept in the store and in <c>results.jsonl</c>.</summary>
public sealed record ItemResult : ICosted
{
    public required BatchItem Item { get; init; }
    public required ItemState State { get; init; }
    public required string WorkflowId { get; init; }

    /// <summary>In dollars, of every time it was started by this batch.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? CostUsd { get; init; } = 0;

    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    public DateTime? StartedAt { get; init; }
    public DateTime? FinishedAt { get; init; }

    /// <summary>Batch that ran it, where this one took its result over.</summary>
    public string? TakenOverFrom { get; init; }

    /// <summary>What it came to. Written under the name of its kind.</summary>
    [JsonIgnore]
    public IRunResult? Result { get; init; }

    public SkillGenerationResult? Skill { get => Result as SkillGenerationResult; init => Result = value ?? Result; }
    public ConstructionResult? Construction { get => Result as ConstructionResult; init => Result = value ?? Result; }
    public AttemptResult? Trial { get => Result as AttemptResult; init => Result = value ?? Result; }
}

public sealed record BatchResult : ICosted
{
    public required string Batch { get; init; }
    public required BatchCounts Counts { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? CostUsd { get; init; }

    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    public required TokenUsage Usage { get; init; }

    /// <summary>Path of the summary.</summary>
    public string? SummaryPath { get; init; }

    /// <summary>Path of the file with one <see cref="ItemResult"/> a line.</summary>
    public string? ResultsPath { get; init; }

    /// <summary>The same in the store: the newest <c>ResultsLink</c>; null where nothing ended.</summary>
    public ArtifactRef? Results { get; init; }

    /// <summary>Tasks that could not run, with the first of their names (<see cref="LeftOutTasks.Shortened"/>); null for none. The summary has all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LeftOutTasks>? LeftOut { get; init; }
}

/// <summary>How many items are in each state.</summary>
public sealed record BatchCounts(int Total, int ToCome, int Open, int Passed, int Failed, int Infrastructure, int Cancelled, int TakenOver, int Skipped = 0)
{
    /// <summary>How many of the open ones wait: for the world, a person or a budget.</summary>
    public int Waiting { get; init; }

    /// <summary>Items that will not change any more by themselves.</summary>
    public int Ended => Total - ToCome - Open;
}

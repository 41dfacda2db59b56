using System.Text.Json.Serialization;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain.Budgets;
using Spark.Temporal.Workflows.Domain.Conversations;
using Spark.Temporal.Workflows.SkillGeneration;
using Spark.Temporal.Workflows.TaskConstruction;

namespace Spark.Temporal.Workflows.Batches;

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

    /// <summary>Where the run before stood; only a batch that continues itself sets it.</summary>
    public BatchCarry? Carry { get; init; }
}

/// <summary>What every item of a batch gets; exactly one kind is given. The item's own fields replace folder, name and place.</summary>
public sealed record BatchWork
{
    /// <summary>A skill from every task.</summary>
    public SkillGenerationInput? Skill { get; init; }

    /// <summary>A task from every prompt file.</summary>
    public ConstructionInput? Construction { get; init; }

    /// <summary>Trials of every task: each of these, <see cref="Repeats"/> times.</summary>
    public IReadOnlyList<TrialTemplate> Trials { get; init; } = [];

    public int Repeats { get; init; } = 1;

    [JsonIgnore]
    public BatchKind Kind => Skill is not null ? BatchKind.Skills : Construction is not null ? BatchKind.Constructions : BatchKind.Trials;
}

/// <param name="Key">Name among the templates of the batch; items point at it.</param>
/// <param name="ModelSlug">Name of the model in workflow ids.</param>
/// <param name="Input">What the attempt gets; its arm stands in the workflow's id.</param>
public sealed record TrialTemplate(string Key, string ModelSlug, AttemptInput Input);

/// <summary>Which items a batch has. Paths are absolute and read where the workers are.</summary>
public sealed record BatchSource
{
    /// <summary>A folder of Harbor tasks, or one task.</summary>
    public string? TasksDir { get; init; }

    /// <summary>Prompt files or folders of them, for tasks further folders like <see cref="TasksDir"/>; or <c>@FILE</c> with one path a line.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Names with <c>*</c> and <c>?</c>, or <c>@FILE</c> with one a line; empty for all.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The same, for what must not run.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Order by chance with this seed instead of by name.</summary>
    public ulong? Seed { get; init; }

    /// <summary>At most so many tasks or prompts, counted in the order in which they would start.</summary>
    public int? Limit { get; init; }

    /// <summary>A list that somebody has planned already (<see cref="BatchList"/>); everything else is left empty then.</summary>
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

    /// <summary>Digest of content and settings: what is equal need not be done twice.</summary>
    public string? Digest { get; init; }

    /// <summary>Template of a trial.</summary>
    public string? Template { get; init; }

    /// <summary>Number of the trial among those of the same template and task, from 1; 0 for what is no trial.</summary>
    public int Repeat { get; init; }

    /// <summary>Skills that a trial's agent gets, instead of the template's (tar with one folder per skill).</summary>
    public ArtifactRef? Skills { get; init; }

    /// <summary>Number of the try, from 1.</summary>
    public int Try { get; init; } = 1;
}

/// <summary>How an item stands.</summary>
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
}

/// <summary>How an item ended; kept in the store and in <c>results.jsonl</c>.</summary>
public sealed record ItemResult
{
    public required BatchItem Item { get; init; }
    public required ItemState State { get; init; }
    public required string WorkflowId { get; init; }
    public double CostUsd { get; init; }

    /// <summary>Batch that ran it, where this one took its result over.</summary>
    public string? TakenOverFrom { get; init; }

    public SkillGenerationResult? Skill { get; init; }
    public ConstructionResult? Construction { get; init; }
    public AttemptResult? Trial { get; init; }
}

public sealed record BatchResult
{
    public required string Batch { get; init; }
    public required BatchCounts Counts { get; init; }
    public required double CostUsd { get; init; }
    public required TokenUsage Usage { get; init; }

    /// <summary>Path of the summary.</summary>
    public string? SummaryPath { get; init; }

    /// <summary>Path of the file with one <see cref="ItemResult"/> a line.</summary>
    public string? ResultsPath { get; init; }

    /// <summary>The same in the store: the newest <see cref="ResultsLink"/>; null where nothing ended.</summary>
    public ArtifactRef? Results { get; init; }
}

/// <summary>How many items stand how.</summary>
public sealed record BatchCounts(int Total, int ToCome, int Open, int Passed, int Failed, int Infrastructure, int Cancelled, int TakenOver)
{
    /// <summary>Items that will not change any more by themselves.</summary>
    public int Ended => Total - ToCome - Open;
}

/// <summary>What a run of a batch hands to the next one.</summary>
public sealed record BatchCarry
{
    public required ArtifactRef List { get; init; }

    /// <summary>Entries of the list, and how many of them were started.</summary>
    public required int Entries { get; init; }
    public required int Next { get; init; }

    public ArtifactRef? Results { get; init; }
    public long Exported { get; init; }
    public required IReadOnlyList<OpenItem> Open { get; init; }

    /// <summary>Numbers of the items by state, as ranges (<c>1-40,42</c>); those to come and open are left out.</summary>
    public required IReadOnlyDictionary<ItemState, string> Ended { get; init; }

    public required int Items { get; init; }
    public required int Parallelism { get; init; }
    public bool Paused { get; init; }
    public required SpendingLimit Limit { get; init; }
    public required TokenUsage Spent { get; init; }
    public required IReadOnlyList<ItemLine> Last { get; init; }

    /// <summary>Ends counted so far, those of second tries included.</summary>
    public required int Sequence { get; init; }

    public required DateTime StartedAt { get; init; }

    /// <summary>Number of runs before.</summary>
    public required int Runs { get; init; }
}

/// <summary>A run that is open.</summary>
public sealed record OpenItem
{
    public required BatchItem Item { get; init; }
    public required string WorkflowId { get; init; }

    /// <summary>Null until it has started, and for one that ran before the batch came to it.</summary>
    public string? RunId { get; init; }

    /// <summary>What it used so far, as far as it has said.</summary>
    public TokenUsage Usage { get; init; } = TokenUsage.None;

    /// <summary>What it waits for; null while it runs.</summary>
    public string? Waiting { get; init; }

    /// <summary>Why the batch holds it, as it was told; null while it may run.</summary>
    public string? Held { get; init; }
}

/// <summary>Answer of <c>GetProgress</c>; of about the same size whatever the batch's.</summary>
public sealed record BatchProgress
{
    public required string Batch { get; init; }

    /// <summary><c>running</c>, <c>paused</c>, or what it waits for.</summary>
    public required string State { get; init; }

    public required BatchCounts Counts { get; init; }
    public required int Parallelism { get; init; }
    public required double CostUsd { get; init; }
    public double? BudgetUsd { get; init; }
    public required long Tokens { get; init; }
    public long? BudgetTokens { get; init; }

    /// <summary>What is nearly used up, in words; null while nothing is.</summary>
    public string? BudgetWarning { get; init; }

    /// <summary>What is open, the first hundred.</summary>
    public required IReadOnlyList<OpenLine> Open { get; init; }

    /// <summary>What ended last, oldest first, at most fifty.</summary>
    public required IReadOnlyList<ItemLine> Last { get; init; }

    public string? ResultsPath { get; init; }

    /// <summary>Times that it continued as a new run.</summary>
    public required int Runs { get; init; }
}

public sealed record OpenLine(int Number, string Name, string WorkflowId, string? Waiting, double CostUsd);

/// <summary>How an item ended, in a line. The sequence numbers all ends, those of second tries included, from 1.</summary>
public sealed record ItemLine(int Sequence, int Number, string Name, ItemState State, string Words, double CostUsd);

/// <param name="Offset">Number of the first item, less one.</param>
/// <param name="Limit">At most so many, 500 at most.</param>
/// <param name="State">Only those in this state.</param>
public sealed record ItemsRequest(int Offset = 0, int Limit = 100, ItemState? State = null);

/// <param name="Items">In the order of their numbers.</param>
/// <param name="Next">Offset of the next page; null at the end.</param>
public sealed record ItemsPage(IReadOnlyList<ItemsPageLine> Items, int? Next);

/// <summary>An item. The name is null where this run of the batch has not come across it; <c>results.jsonl</c> has all that ended.</summary>
public sealed record ItemsPageLine(int Number, ItemState State, string? Name);

public sealed record ParallelismRequest(int Parallelism);

/// <param name="Which"><c>failed</c>, <c>infrastructure</c> or <c>all</c> (both, and what was cancelled).</param>
public sealed record RetryRequest(string Which = "all");

/// <param name="Added">Entries that will be started because of it.</param>
/// <param name="Total">Items in all, now.</param>
public sealed record BatchChange(int Added, int Total);

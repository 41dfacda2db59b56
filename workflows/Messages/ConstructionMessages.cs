using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Workflows.Messages;

public sealed record ConstructionInput
{
    /// <summary>Absolute path of the prompt file (JSON).</summary>
    public required string PromptFile { get; init; }

    /// <summary>Slug under which the run goes; the task's own name is the author's.</summary>
    public required string Name { get; init; }

    public required string Batch { get; init; }

    /// <summary>Model that writes, criticises and repairs.</summary>
    public ModelChoice Model { get; init; } = new();

    /// <summary>Name of the model in ids and reports.</summary>
    public required string ModelSlug { get; init; }

    /// <summary>Rounds of repair.</summary>
    public int MaxRevisions { get; init; } = 3;

    /// <summary>How often a reply that breaks the schema is asked for again.</summary>
    public int SchemaRetries { get; init; } = 2;

    /// <summary>Absolute path of a folder of Harbor tasks that give their shape; null for those accepted before only.</summary>
    public string? ReferenceTasksDir { get; init; }

    /// <summary>How many of them the author gets.</summary>
    public int TopKReferences { get; init; } = 3;

    /// <summary>Names of tasks that must not be among them.</summary>
    public IReadOnlyList<string> ExcludeReferenceTasks { get; init; } = [];

    /// <summary>Dollars the run may cost before it waits; null for no limit.</summary>
    public double? BudgetUsd { get; init; }

    /// <summary>Tokens it may send and receive before it waits; null for no limit.</summary>
    public long? BudgetTokens { get; init; }

    /// <summary>Folder under which <c>generated_tasks/</c> is.</summary>
    public required string OutDir { get; init; }

    public AttemptLimits Limits { get; init; } = new();

    /// <summary>A blueprint that is not asked of a model: a variant of an accepted task; null where a model writes it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GivenBlueprint? Given { get; init; }

    /// <summary>As <see cref="SkillGenerationInput.Replies"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Replies { get; init; }

    /// <summary>The batch that it belongs to; null for a run of its own.</summary>
    [JsonPropertyName("seat")]
    public ParentBatch? Parent { get; init; }
}

/// <summary>A blueprint made from an accepted task's by layered templates. It is checked and proven like any other, and never repaired.</summary>
public sealed record GivenBlueprint
{
    /// <summary>The accepted task's prompt.</summary>
    public required ArtifactRef Spec { get; init; }

    public required ArtifactRef Blueprint { get; init; }

    public required string TaskId { get; init; }

    public required string OutputPath { get; init; }

    /// <summary>The accepted task that it varies.</summary>
    public required string VariantOf { get; init; }

    /// <summary>What was chosen of each layer.</summary>
    public required string Choices { get; init; }
}

/// <summary>How a construction ended.</summary>
public enum ConstructionStatus
{
    /// <summary>The task is proven and in <c>generated_tasks/</c>.</summary>
    Accepted,

    /// <summary>The rounds of repair ran out.</summary>
    Rejected,

    /// <summary>The prompt file cannot be used.</summary>
    PromptRefused,

    /// <summary>A person cancelled it.</summary>
    Cancelled,

    /// <summary>The run itself failed, through no fault of the task.</summary>
    Failed,
}

public sealed record ConstructionResult : IRunResult, ICosted
{
    /// <summary>Slug under which the run went.</summary>
    public required string Name { get; init; }

    public required ConstructionStatus Status { get; init; }

    /// <summary>The task's name; null while no blueprint was readable.</summary>
    public string? TaskId { get; init; }

    /// <summary>Absolute path of the task's folder; null where it was not accepted.</summary>
    public string? TaskDir { get; init; }

    /// <summary>Absolute path of the report.</summary>
    public string? ReportPath { get; init; }

    /// <summary>Rounds of repair used.</summary>
    public int Rounds { get; init; }

    /// <summary>Why it was not accepted, readable.</summary>
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
    public long DurationMs { get; init; }
    public string? WorkflowId { get; init; }

    ItemState IRunResult.ItemState => Status switch
    {
        ConstructionStatus.Accepted => ItemState.Passed,
        ConstructionStatus.Cancelled => ItemState.Cancelled,
        ConstructionStatus.Failed => ItemState.Infrastructure,
        _ => ItemState.Failed,
    };

    string IRunResult.Ending => $"{ResultWords.After(Status, Rounds, "round")} of repair";

    IRunResult IRunResult.Shortened() => this with { Error = ResultWords.Cut(Error) };
}

/// <summary>One version of the blueprint and what became of it.</summary>
public sealed record BlueprintVersion
{
    /// <summary>Number, from 1.</summary>
    public required int Number { get; init; }

    public required ArtifactRef Blueprint { get; init; }

    /// <summary>The conversation that it came from; null for a given one.</summary>
    public ArtifactRef? Conversation { get; init; }

    /// <summary>Absolute path of the answer in the container.</summary>
    public required string OutputPath { get; init; }

    /// <summary>What the rules found.</summary>
    public FindingSet? Rules { get; init; }

    /// <summary>What the model found; null where it was not asked.</summary>
    public FindingSet? Model { get; init; }

    /// <summary>The proof; null where it was not reached.</summary>
    public ProofResult? Proof { get; init; }

    /// <summary>Why it went no further; null for the accepted one.</summary>
    public string? Refused { get; init; }
}

/// <summary>What a look at a blueprint found.</summary>
/// <param name="Stored">All findings as JSON.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Blocking">How many of them must be fixed.</param>
/// <param name="Lines">The gravest as lines, at most eight.</param>
public sealed record FindingSet(ArtifactRef Stored, int Total, int Blocking, IReadOnlyList<string> Lines);

/// <summary>Answer of <c>GetProgress</c>.</summary>
public sealed record ConstructionProgress(
    string Name,
    string? TaskId,
    string State,
    string Step,
    int Round,
    int MaxRevisions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? CostUsd,
    double? BudgetUsd,
    IReadOnlyList<string> Versions) : ICosted
{
    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    /// <summary>What it waits for, for a person; empty while it does not.</summary>
    public string WaitsFor { get; init; } = "";

    /// <summary>Tokens sent and received so far.</summary>
    public long Tokens { get; init; }

    public long? BudgetTokens { get; init; }

    /// <summary>What of the budget is nearly used up; null while nothing is.</summary>
    public string? BudgetWarning { get; init; }
}

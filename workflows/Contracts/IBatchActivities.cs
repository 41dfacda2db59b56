using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>
/// What a batch keeps outside its history: the list of its items, page by page, and their results. Queue:
/// <see cref="TaskQueues.Workflows"/>. All are safe to repeat.
/// </summary>
public interface IBatchActivities
{
    /// <summary>Lists the items of a source and stores the list; with a list before, only what is not in it.</summary>
    [Activity("batches.plan")]
    Task<BatchPlan> PlanAsync(PlanBatchRequest request);

    /// <summary>Stores a list with further tries of some of its items.</summary>
    [Activity("batches.retry")]
    Task<BatchPlan> RetryAsync(RetryItemsRequest request);

    /// <summary>Reads the entries of a list from one on, as many as fit into a payload.</summary>
    [Activity("batches.page")]
    Task<BatchPage> ReadPageAsync(ReadBatchPageRequest request);

    /// <summary>Keeps results, in the store and at the end of <c>results.jsonl</c>.</summary>
    [Activity("batches.record")]
    Task<BatchRecord> RecordAsync(RecordItemsRequest request);

    /// <summary>Asks the server for the status of runs, and reports those that are closed.</summary>
    [Activity("batches.look")]
    Task<BatchLook> LookAsync(LookRequest request);

    /// <summary>Writes the summary from the results.</summary>
    [Activity("batches.summarize")]
    Task<BatchSummaryPath> SummarizeAsync(SummarizeRequest request);

    /// <summary>Looks at the disks of the artifact store, of the worker's state folder and of the output folder.</summary>
    [Activity("batches.disks")]
    Task<DiskReply> DisksAsync(DiskRequest request);
}

/// <summary>The list of a batch, in the store: pages small enough for a payload.</summary>
/// <param name="Pages">In order.</param>
/// <param name="Entries">Entries of all pages.</param>
/// <param name="Items">Different items among them.</param>
/// <param name="Failed">The items (<see cref="BatchItem"/>) that are no entries since an earlier run of the batch has tried them; null for none.</param>
public sealed record BatchList(
    IReadOnlyList<BatchListPage> Pages, int Entries, int Items, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ArtifactRef? Failed = null)
{
    /// <summary>Tasks that are no items, since they cannot run; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LeftOutTasks>? LeftOut { get; init; }
}

/// <param name="Content">A list of <see cref="BatchItem"/>.</param>
/// <param name="First">Index of its first entry among all, from 0.</param>
/// <param name="Count">Entries in it.</param>
public sealed record BatchListPage(ArtifactRef Content, int First, int Count);

/// <summary>Results in the store: a link holds some and points at those before.</summary>
public sealed record ResultsLink
{
    public ArtifactRef? Previous { get; init; }
    public required IReadOnlyList<ItemResult> Results { get; init; }
}

public sealed record PlanBatchRequest
{
    public required string Batch { get; init; }
    public required string OutDir { get; init; }
    public required BatchWork Work { get; init; }
    public required BatchSource Source { get; init; }
    public bool Resume { get; init; }

    /// <summary>The list to add to; null for a new one.</summary>
    public ArtifactRef? List { get; init; }
}

/// <param name="List">The list.</param>
/// <param name="Numbers">Numbers of the items, as ranges.</param>
public sealed record RetryItemsRequest(ArtifactRef List, string Numbers)
{
    /// <summary>Those among them whose runs came to no result: they go on from what was paid for. The others are independent tries.</summary>
    public string Unfinished { get; init; } = "";

    /// <summary>The batch and what its items are; null where none is unfinished.</summary>
    public string? Batch { get; init; }
    public BatchWork? Work { get; init; }
}

/// <param name="List">The list.</param>
/// <param name="First">Index of the first entry wanted, from 0.</param>
public sealed record ReadBatchPageRequest(ArtifactRef List, int First);

public sealed record BatchPage(IReadOnlyList<BatchItem> Items);

public sealed record RecordItemsRequest
{
    public required string Batch { get; init; }
    public required string OutDir { get; init; }

    /// <summary>The newest link so far.</summary>
    public ArtifactRef? Results { get; init; }

    /// <summary>Bytes of <c>results.jsonl</c> that are there already: writing again writes the same bytes to the same place.</summary>
    public required long Exported { get; init; }

    public required IReadOnlyList<ItemResult> Ended { get; init; }
}

public sealed record BatchRecord(ArtifactRef Results, long Exported);

/// <param name="Runs">Runs that the batch takes for open.</param>
/// <param name="Work">What they are.</param>
public sealed record LookRequest(IReadOnlyList<LookAt> Runs, BatchKind Work);

public sealed record LookAt(string WorkflowId, string? RunId);

/// <param name="Ended">Reports of those that are closed, at most ten.</param>
public sealed record BatchLook(IReadOnlyList<ItemReport> Ended);

public sealed record SummarizeRequest
{
    public required string Batch { get; init; }
    public required string OutDir { get; init; }
    public required BatchKind Work { get; init; }
    public ArtifactRef? Results { get; init; }
    public required BatchCounts Counts { get; init; }
    public required DateTime StartedAt { get; init; }
    public required DateTime FinishedAt { get; init; }
    public required bool Cancelled { get; init; }

    /// <summary>The list of the batch, which knows the tasks that were left out; null from batches of earlier versions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? List { get; init; }
}

public sealed record BatchSummaryPath(string Path)
{
    /// <summary>As <see cref="BatchResult.LeftOut"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LeftOutTasks>? LeftOut { get; init; }
}

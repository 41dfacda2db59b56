using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Common;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>The runs of a batch's items, a class for each kind: what they are called, how they start, what they come to.</summary>
internal abstract class ItemRuns(BatchInput input)
{
    /// <summary>Those of the batch's kind.</summary>
    public static ItemRuns Of(BatchInput input) => input.Work switch
    {
        SkillWork work => new SkillRuns(input, work.Run),
        ConstructionWork work => new ConstructionRuns(input, work.Run),
        TrialWork work => new TrialRuns(input, work.Trials),
        _ => throw new NotSupportedException($"{input.Work.GetType().Name} has no runs."),
    };

    /// <summary>Slug of the batch.</summary>
    protected string Batch => input.Batch;

    /// <summary>Workflow id of an item's run.</summary>
    public string Id(BatchItem item) => WorkflowIds.Item(input.Batch, input.Work, item);

    /// <summary>Starts an item's run; done when it has started.</summary>
    /// <param name="item">The item.</param>
    /// <param name="held">Why the batch holds it; null when it may run.</param>
    /// <param name="step">It reports each time it has spent so much more; null for no reports.</param>
    public Task<ChildWorkflowHandle> StartAsync(BatchItem item, string? held, SpendingLimit? step) =>
        StartAsync(item, new ParentBatch(Workflow.Info.WorkflowId, held, step));

    /// <summary>Waits for a run that this run of the batch has started.</summary>
    public abstract Task<ItemReport> ResultAsync(ChildWorkflowHandle child);

    /// <summary>The report with a result of the item's kind, also where the run came to none.</summary>
    public ItemReport Complete(BatchItem item, ItemReport report) => report.Result is null ? report with { Result = WithoutResult(item, report) } : report;

    /// <summary>Tells a run to wait or to go on; a closed run is not told.</summary>
    public static Task HoldAsync(string workflowId, HoldRequest request) => QuietSignals.SendAsync(workflowId, BatchSignals.Hold, request);

    public static async Task CancelAsync(string workflowId)
    {
        try
        {
            await Workflow.GetExternalWorkflowHandle(workflowId).CancelAsync();
        }
        catch (FailureException)
        {
            // Closed already; its report is on its way.
        }
    }

    protected abstract Task<ChildWorkflowHandle> StartAsync(BatchItem item, ParentBatch parent);

    /// <summary>What is kept of a run that was cancelled or failed.</summary>
    protected abstract IRunResult WithoutResult(BatchItem item, ItemReport report);

    protected static async Task<ItemReport> ReportAsync<T>(ChildWorkflowHandle child)
        where T : class, IRunResult
    {
        try
        {
            return ItemReport.Of(child.Id, child.FirstExecutionRunId, await child.GetResultAsync<T>());
        }
        catch (ChildWorkflowFailureException failure)
        {
            return ItemReport.Of(child.Id, child.FirstExecutionRunId, failure);
        }
    }

    protected ChildWorkflowOptions Options(BatchItem item, string summary, string details, string model, string? arm = null) => new()
    {
        Id = Id(item),

        // It outlives any one run of the batch, and is cancelled by name.
        ParentClosePolicy = ParentClosePolicy.Abandon,
        CancellationToken = CancellationToken.None,
        StaticSummary = summary,
        StaticDetails = details,
        TypedSearchAttributes = SearchAttributes.Started(input.Batch, item.Name, model, arm, arm is null ? null : item.Repeat),

        Memo = Memo(item),

        // Everything that the run schedules inherits it: batches share the workers by weight.
        Priority = new Priority(input.Priority, input.Batch, input.Weight),
    };

    /// <summary>What a batch of this name reads when it is started again, and what links a run with the one that it goes on from.</summary>
    private static Dictionary<string, object> Memo(BatchItem item)
    {
        var memo = new Dictionary<string, object>();
        if (item.Digest is { } digest)
        {
            memo[RunMemo.Digest] = digest;
        }

        if (item.Fork is { } fork)
        {
            (memo[RunMemo.ForkedFrom], memo[RunMemo.ForkedFromAttempt]) = (fork.WorkflowId, fork.Attempt);
        }

        return memo;
    }
}

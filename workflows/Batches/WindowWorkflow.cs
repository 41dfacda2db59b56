using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>What every workflow with a window is told and asked: by its runs how they end, by people how it goes on.</summary>
public abstract class WindowWorkflow : OperatedWorkflow
{
    /// <summary>Its work.</summary>
    private protected abstract BatchRun Batch { get; }

    private protected override IOperated Operated => State;

    private BatchState State => Batch.State;

    /// <summary>A report without its ids, which a person may send by hand, is not of any run; an exception would keep the batch from going on.</summary>
    [WorkflowSignal(BatchSignals.ItemEnded, Description = "From a run: how it ended. Counted once.")]
    public async Task ItemEndedAsync(ItemReport report)
    {
        await Batch.DecidedAsync();
        if (report is { WorkflowId: not null, RunId: not null, Usage: not null, Words: not null })
        {
            Batch.Window.Take(report);
        }
    }

    [WorkflowSignal(BatchSignals.ItemNews, Description = "From an open run: what it has used and what it waits for.")]
    public async Task ItemNewsAsync(ItemNews news)
    {
        await Batch.DecidedAsync();
        if (news is { WorkflowId: not null, Usage: not null })
        {
            State.Hear(news);
            State.Show();
        }
    }

    [WorkflowSignal(BatchSignals.TryAgain, Description = "What the world was waited for may be there again: every waiting run tries at once. A pause and a budget stay. No value needed.")]
    public async Task TryAgainAsync()
    {
        await Batch.DecidedAsync();
        State.TryAgain();
    }

    [WorkflowUpdate("SetParallelism", Description = "Runs open at once: {\"parallelism\": 16}. With fewer than are open, those go on to their end.")]
    public Task SetParallelismAsync(OperatorValue<ParallelismRequest>? request = null) => ChangeAsync(() =>
    {
        State.Parallelism = request!.Request!.Parallelism;
        State.Show();
    });

    [WorkflowUpdateValidator(nameof(SetParallelismAsync))]
    public void ValidateParallelism(OperatorValue<ParallelismRequest>? request = null) => Refuse(
        OperatorValue.Refusal(request)
        ?? (request!.Request!.Parallelism is < 1 or > ParallelismRequest.Most ? $"parallelism is the number of runs open at once, from 1 to 2,000: {ParallelismRequest.Example}." : null));

    /// <summary>Till it is decided which version of the code goes on, nothing may give a command.</summary>
    private protected override async Task ChangeAsync(Action change)
    {
        await Batch.DecidedAsync();
        change();
    }
}

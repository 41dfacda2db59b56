using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>What every workflow with a window is told and asked: by its runs how they end, by people how it goes on.</summary>
public abstract class WindowWorkflow
{
    /// <summary>Its work.</summary>
    private protected abstract BatchRun Batch { get; }

    private BatchState State => Batch.State;

    [WorkflowSignal("ItemEnded", Description = "From a run: how it ended. Counted once.")]
    public async Task ItemEndedAsync(ItemReport report)
    {
        await Batch.DecidedAsync();
        Batch.Window.Take(report);
    }

    [WorkflowSignal("ItemNews", Description = "From an open run: what it has used and what it waits for.")]
    public async Task ItemNewsAsync(ItemNews news)
    {
        await Batch.DecidedAsync();
        if (State.IsOpen(news.WorkflowId, news.RunId))
        {
            State.Update(news.WorkflowId, open => open with { Usage = news.Usage, Waiting = news.Waiting });
            State.Show();
        }
    }

    [WorkflowUpdate("Pause", Description = "Start nothing new and let all open runs stand still after their step. No value needed.")]
    public async Task PauseAsync()
    {
        await Batch.DecidedAsync();
        State.Paused = true;
        State.Show();
    }

    [WorkflowUpdate("Resume", Description = "Go on: after a pause, or when what it waits for is mended. Runs that were paused one by one stay so. No value needed.")]
    public async Task ResumeAsync()
    {
        await Batch.DecidedAsync();
        State.Resume();
        State.Show();
    }

    [WorkflowUpdateValidator(nameof(ResumeAsync))]
    public void ValidateResume() => RunControl.Refuse(
        State.Held == RunStates.Budget ? $"{State.Limit.Reached(State.Used)}: RaiseBudget goes on, Resume does not." : null);

    [WorkflowUpdate("SetParallelism", Description = "Runs open at once: {\"parallelism\": 16}. With fewer than are open, those go on to their end.")]
    public async Task SetParallelismAsync(OperatorValue<ParallelismRequest>? request = null)
    {
        await Batch.DecidedAsync();
        State.Parallelism = request!.Request!.Parallelism;
        State.Show();
    }

    [WorkflowUpdateValidator(nameof(SetParallelismAsync))]
    public void ValidateParallelism(OperatorValue<ParallelismRequest>? request = null) => RunControl.Refuse(
        OperatorValue.Refusal(request)
        ?? (request!.Request!.Parallelism is < 1 or > ParallelismRequest.Most ? $"parallelism is the number of runs open at once, from 1 to 2,000: {ParallelismRequest.Example}." : null));

    [WorkflowUpdate("RaiseBudget", Description = "New limits of the whole: {\"budget_usd\": 25} or {\"budget_tokens\": 5000000}")]
    public async Task RaiseBudgetAsync(OperatorValue<BudgetRequest>? request = null)
    {
        await Batch.DecidedAsync();
        State.Limit = State.Limit.With(request!.Request!.Limit);
        State.Show();
    }

    [WorkflowUpdateValidator(nameof(RaiseBudgetAsync))]
    public void ValidateBudget(OperatorValue<BudgetRequest>? request = null) => RunControl.Refuse(
        OperatorValue.Refusal(request) ?? State.Limit.Refusal(request!.Request!.Limit, State.Used));
}

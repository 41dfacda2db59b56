using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>Pause, go on and spend more: the one answer of all workflows that a person may operate.</summary>
public abstract class OperatedWorkflow
{
    /// <summary>What is paused and resumed, and has a budget.</summary>
    private protected abstract IOperated Operated { get; }

    [WorkflowUpdate("Pause", Description = "Start nothing new, let each step in flight end, then stand still. A container that was kept goes after ten minutes. No value needed.")]
    public Task PauseAsync() => ChangeAsync(Operated.Pause);

    [WorkflowUpdate("Resume", Description = "Go on: after a pause, or when what it waits for is put right. Runs that were paused one by one stay so. No value needed.")]
    public Task ResumeAsync() => ChangeAsync(Operated.Resume);

    [WorkflowUpdateValidator(nameof(ResumeAsync))]
    public void ValidateResume() => Refuse(Operated.ResumeRefusal());

    [WorkflowUpdate("RaiseBudget", Description = "New limits of the whole, in dollars, tokens or both: {\"budget_usd\": 25, \"budget_tokens\": 2000000}")]
    public Task RaiseBudgetAsync(OperatorValue<BudgetRequest>? request = null) => ChangeAsync(() => Operated.Raise(request!.Request!.Limit));

    [WorkflowUpdateValidator(nameof(RaiseBudgetAsync))]
    public void ValidateBudget(OperatorValue<BudgetRequest>? request = null) => Refuse(RaiseRefusal(request));

    /// <summary>Why a budget cannot be accepted, a missing or unreadable one too; null when it can.</summary>
    private protected virtual string? RaiseRefusal(OperatorValue<BudgetRequest>? request) =>
        OperatorValue.Refusal(request) ?? Operated.RaiseRefusal(request!.Request!.Limit);

    /// <summary>Carries out a change that was accepted, with what must come before and follow from it.</summary>
    private protected virtual Task ChangeAsync(Action change)
    {
        change();
        return Task.CompletedTask;
    }

    /// <summary>For validators: refuses an update with words that say what to do.</summary>
    /// <param name="why">Null accepts it.</param>
    private protected static void Refuse(string? why)
    {
        if (why is not null)
        {
            throw new ApplicationFailureException(why, FailureTypes.InvalidInput, nonRetryable: true);
        }
    }
}

/// <summary>A run that may belong to a batch, which holds it and lets it go on.</summary>
public abstract class ItemWorkflow : OperatedWorkflow
{
    private protected abstract RunControl Control { get; }

    private protected override IOperated Operated => Control;

    [WorkflowSignal(BatchSignals.Hold, Description = "From the batch: stand still after the step in flight, or go on.")]
    public Task HoldAsync(HoldRequest request) => ChangeAsync(() =>
    {
        Control.Hold(request.Why);
        if (request.Retry)
        {
            if (request.Why is null)
            {
                Control.Retry();
            }

            Control.Retell();
        }
    });

    [WorkflowSignal(StepNews.Signal, Description = "From an activity of the run: what it waits for while it is not over.")]
    public Task StepNewsAsync(StepNews news) => ChangeAsync(() => Control.Hear(news));
}

using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <content>What a person and the batch above may ask and tell the run.</content>
public sealed partial class TaskConstructionWorkflow
{
    [WorkflowQuery("GetProgress", Description = "Where the construction stands: step, rounds, versions and cost.")]
    public ConstructionProgress GetProgress() => _state.Progress();

    [WorkflowSignal("Hold", Description = "From the batch: stand still after the step in flight, or go on.")]
    public Task HoldAsync(HoldRequest request)
    {
        _state.Control.Hold(request.Why);
        return Task.CompletedTask;
    }

    [WorkflowUpdate("Pause", Description = "Let the step in flight end, then stand still. No value needed.")]
    public Task PauseAsync()
    {
        _state.Control.Pause();
        return Task.CompletedTask;
    }

    [WorkflowUpdate("Resume", Description = "Go on: after a pause, or when what the run waits for is mended. No value needed.")]
    public Task ResumeAsync()
    {
        _state.Control.Resume();
        return Task.CompletedTask;
    }

    [WorkflowUpdateValidator(nameof(ResumeAsync))]
    public void ValidateResume() => RunControl.Refuse(_state.Control.ResumeRefusal());

    [WorkflowUpdate("RaiseBudget", Description = "A new limit for the whole run in dollars, tokens or both: {\"budget_usd\": 25, \"budget_tokens\": 2000000}")]
    public Task RaiseBudgetAsync(OperatorValue<BudgetRequest>? request = null)
    {
        _state.Control.Raise(request);
        return Task.CompletedTask;
    }

    [WorkflowUpdateValidator(nameof(RaiseBudgetAsync))]
    public void ValidateBudget(OperatorValue<BudgetRequest>? request = null) => RunControl.Refuse(_state.Control.RaiseRefusal(request));

    [WorkflowUpdate("ExtendAttempts", Description = "Allow more rounds of repair: {\"attempts\": 3}")]
    public Task<int> ExtendAttemptsAsync(OperatorValue<ExtendRequest>? request = null)
    {
        _state.Extend(request!.Request!.Attempts);
        return Task.FromResult(_state.MaxRevisions);
    }

    [WorkflowUpdateValidator(nameof(ExtendAttemptsAsync))]
    public void ValidateExtend(OperatorValue<ExtendRequest>? request = null) => RunControl.Refuse(
        _input.Given is not null ? "a variant is not repaired: another one is made of the template." : ExtendRequest.Refusal(request));
}

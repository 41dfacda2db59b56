using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Attempts;

/// <content>What a person and the run above may ask and tell the attempt.</content>
public sealed partial class AttemptWorkflow
{
    [WorkflowQuery("GetProgress", Description = "What the attempt does, what it has cost and what it waits for.")]
    public AttemptProgressReport GetProgress() => new(
        _control.State, _state.Step, _state.Turns, _state.Usage.KnownUsd, _sandbox?.Losses ?? 0)
    {
        Unpriced = _state.Usage.Unpriced,
        Estimated = _state.Usage.Estimated,
    };

    [WorkflowSignal("Steer", Description = "From the parent: stand still or go on, and what the whole run may spend.")]
    public Task SteerAsync(AttemptSteering steering)
    {
        _control.Follow(steering.Paused, new SpendingLimit(steering.BudgetUsd, steering.BudgetTokens));
        if (steering.Retry)
        {
            _control.Retry();
        }

        return Task.CompletedTask;
    }

    private protected override async Task ChangeAsync(Action change)
    {
        var before = _control.State;
        change();
        if (_control.State != before)
        {
            await _checkpoint.TellAsync(_control.State == RunStates.Running ? null : _control.State);
        }
    }

    private protected override string? RaiseRefusal(OperatorValue<BudgetRequest>? request) =>
        _input.Run is { } run ? $"The budget is that of the whole run; raise it there: {run}" : base.RaiseRefusal(request);
}

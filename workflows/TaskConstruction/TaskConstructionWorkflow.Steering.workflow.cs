using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <content>What a person and the batch above may ask and tell the run.</content>
public sealed partial class TaskConstructionWorkflow
{
    private protected override RunControl Control => _state.Control;

    [WorkflowQuery("GetProgress", Description = "Progress of the construction: step, rounds, versions and cost.")]
    public ConstructionProgress GetProgress() => _state.Progress();

    [WorkflowUpdate("ExtendAttempts", Description = "Allow more rounds of repair: {\"attempts\": 3}")]
    public Task<int> ExtendAttemptsAsync(OperatorValue<ExtendRequest>? request = null)
    {
        _state.Extend(request!.Request!.Attempts);
        return Task.FromResult(_state.MaxRevisions);
    }

    [WorkflowUpdateValidator(nameof(ExtendAttemptsAsync))]
    public void ValidateExtend(OperatorValue<ExtendRequest>? request = null) => Refuse(
        _input.Given is not null ? "a variant is not repaired: another one is made of the template."
        : ExtendRequest.Refusal(request) ?? (_state.Ended ? "there is nothing to repair: a version was accepted, or none could be written." : null));

    [WorkflowSignal("ProofNews", Description = "From the proof: what it waits for.")]
    public Task ProofNewsAsync(AttemptNews news)
    {
        Control.Await(news.Cause);
        Control.Declare(news.Waiting ?? RunStates.Running, news.Waiting is null ? "" : $"proof: {news.Why ?? news.Waiting}");
        return Task.CompletedTask;
    }

    /// <summary>What the run waits for may be there again: so may what its proof waits for.</summary>
    private protected override async Task ChangeAsync(Action change)
    {
        var before = Control.Retries;
        change();
        if (Control.Retries == before || _proof is not { } running)
        {
            return;
        }

        try
        {
            await running.SignalAsync(proof => proof.TryAgainAsync(), new() { CancellationToken = CancellationToken.None });
        }
        catch (FailureException)
        {
            // It has just ended.
        }
    }
}

using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
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
        _input.Given is not null ? "a variant is not repaired: another one is made of the template." : ExtendRequest.Refusal(request));
}

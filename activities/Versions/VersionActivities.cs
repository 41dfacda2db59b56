using Spark.Temporal.Workflows.Contracts;
using Temporalio.Activities;
using Temporalio.Api.Enums.V1;
using Temporalio.Api.Workflow.V1;
using Temporalio.Api.WorkflowService.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Versions;

/// <summary>Moves the run that calls it to another version: sets a versioning override and removes it once the run has moved.</summary>
internal sealed class VersionActivities : IVersionActivities
{
    private static ActivityExecutionContext Context => ActivityExecutionContext.Current;

    public async Task<VersionMove> MoveAsync()
    {
        try
        {
            return await DecideAsync(Context.TemporalClient.WorkflowService, Context.TemporalClient.Options.Namespace, await RunAsync());
        }
        catch (RpcException refused) when (!IsPassing(refused))
        {
            return new VersionMove(false, $"the server refused to move it: {refused.Message}");
        }
    }

    public async Task PinAsync()
    {
        // One that pins it to a version is not ours.
        if ((await RunAsync()).VersioningOverride is { AutoUpgrade: true })
        {
            await OverrideAsync(null);
        }
    }

    private static async Task<VersionMove> DecideAsync(WorkflowService service, string space, WorkflowExecutionVersioningInfo run)
    {
        if (run is not { Behavior: VersioningBehavior.Pinned, DeploymentVersion: { } own })
        {
            return new VersionMove(false);
        }

        if (run.VersioningOverride is { } set)
        {
            // It is ours if an earlier try of this activity was cut off.
            return set.AutoUpgrade && Context.Info.Attempt > 1 ? new VersionMove(true) : new VersionMove(false, "the run already has a versioning override");
        }

        var described = await service.DescribeWorkerDeploymentAsync(new() { Namespace = space, DeploymentName = own.DeploymentName }, Rpc);
        var routing = described.WorkerDeploymentInfo.RoutingConfig;
        if (routing.CurrentDeploymentVersion is not { } current || current.Equals(own) || own.Equals(routing.RampingDeploymentVersion))
        {
            return new VersionMove(false);
        }

        await OverrideAsync(new VersioningOverride { AutoUpgrade = true });
        return new VersionMove(true);
    }

    /// <summary>How the server sees the run. A server without versions reports none.</summary>
    private static async Task<WorkflowExecutionVersioningInfo> RunAsync()
    {
        var described = await Context.TemporalClient.WorkflowService.DescribeWorkflowExecutionAsync(
            new() { Namespace = Context.TemporalClient.Options.Namespace, Execution = Execution }, Rpc);
        return described.WorkflowExecutionInfo.VersioningInfo ?? new WorkflowExecutionVersioningInfo();
    }

    private static async Task OverrideAsync(VersioningOverride? set) => await Context.TemporalClient.WorkflowService.UpdateWorkflowExecutionOptionsAsync(
        new UpdateWorkflowExecutionOptionsRequest
        {
            Namespace = Context.TemporalClient.Options.Namespace,
            WorkflowExecution = Execution,
            WorkflowExecutionOptions = new() { VersioningOverride = set },
            UpdateMask = new() { Paths = { "versioning_override" } },
        },
        Rpc);

    private static Temporalio.Api.Common.V1.WorkflowExecution Execution => new() { WorkflowId = Context.Info.WorkflowId, RunId = Context.Info.WorkflowRunId };

    private static RpcOptions Rpc => new() { CancellationToken = Context.CancellationToken };

    private static bool IsPassing(RpcException failure) => failure.Code is RpcException.StatusCode.Unavailable
        or RpcException.StatusCode.DeadlineExceeded or RpcException.StatusCode.ResourceExhausted or RpcException.StatusCode.Aborted
        or RpcException.StatusCode.Internal or RpcException.StatusCode.Unknown or RpcException.StatusCode.Cancelled;
}

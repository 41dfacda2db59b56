using Temporalio.Api.Workflow.V1;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Support;

/// <summary>Activities of a workflow that are scheduled or run, as the server knows them.</summary>
internal static class PendingActivities
{
    public static async Task<IReadOnlyList<PendingActivityInfo>> OfAsync(ITemporalClient client, string workflowId) =>
        (await client.WorkflowService.DescribeWorkflowExecutionAsync(
            new() { Namespace = client.Options.Namespace, Execution = new() { WorkflowId = workflowId } })).PendingActivities;
}

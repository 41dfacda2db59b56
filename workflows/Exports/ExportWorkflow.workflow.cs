using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Exports;

/// <summary>Writes artifacts of runs into a folder: only workers reach the store, so commands ask one of them.</summary>
[Workflow]
public sealed class ExportWorkflow
{
    [WorkflowRun]
    public Task<ExportReply> RunAsync(ExportRequest request) => Workflow.ExecuteActivityAsync(
        (IRecordActivities records) => records.ExportAsync(request), ActivityProfiles.Records($"export {request.Artifacts.Count} artifacts"));
}

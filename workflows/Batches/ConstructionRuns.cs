using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>Items that are prompts of which a task is made.</summary>
internal sealed class ConstructionRuns(BatchInput input, ConstructionInput template) : ItemRuns(input)
{
    public override Task<ItemReport> ResultAsync(ChildWorkflowHandle child) => ReportAsync<ConstructionResult>(child);

    protected override async Task<ChildWorkflowHandle> StartAsync(BatchItem item, ParentBatch parent)
    {
        var task = template with { PromptFile = item.Source, Name = item.Name, Batch = Batch, Parent = parent, Replies = item.Replies };
        return await Workflow.StartChildWorkflowAsync(
            (TaskConstructionWorkflow run) => run.RunAsync(task),
            Options(item, $"task from {item.Name}", RunDescriptions.Of(task), task.ModelSlug));
    }

    protected override IRunResult WithoutResult(BatchItem item, ItemReport report) => new ConstructionResult
    {
        Name = item.Name,
        Status = report.State == ItemState.Cancelled ? ConstructionStatus.Cancelled : ConstructionStatus.Failed,
        Error = report.Words,
        Usage = report.Usage,
        CostUsd = report.Usage.KnownUsd,
        Unpriced = report.Usage.Unpriced,
        Estimated = report.Usage.Estimated,
        WorkflowId = report.WorkflowId,
    };
}

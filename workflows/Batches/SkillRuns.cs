using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>Items that are tasks of which a skill is made.</summary>
internal sealed class SkillRuns(BatchInput input, SkillGenerationInput template) : ItemRuns(input)
{
    public override Task<ItemReport> ResultAsync(ChildWorkflowHandle child) => ReportAsync<SkillGenerationResult>(child);

    protected override async Task<ChildWorkflowHandle> StartAsync(BatchItem item, ParentBatch parent)
    {
        var skill = template with { TaskDir = item.Source, Batch = Batch, Parent = parent, Fork = item.Fork, Replies = item.Replies };
        return await Workflow.StartChildWorkflowAsync(
            (SkillGenerationWorkflow run) => run.RunAsync(skill),
            Options(item, $"skill for {item.Name}", RunDescriptions.Of(skill), skill.ModelSlug));
    }

    protected override IRunResult WithoutResult(BatchItem item, ItemReport report) => new SkillGenerationResult
    {
        Task = item.Name,
        Status = report.State == ItemState.Cancelled ? SkillRunStatus.Cancelled : SkillRunStatus.Failed,
        Outcome = report.State == ItemState.Cancelled ? Outcome.Skipped : Outcome.Infrastructure,
        Attempts = 0,
        Error = report.Words,
        Usage = report.Usage,
        CostUsd = report.Usage.KnownUsd,
        Unpriced = report.Usage.Unpriced,
        Estimated = report.Usage.Estimated,
        WorkflowId = report.WorkflowId,
    };
}

using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>Items that are trials: a task, a template, and the number of the repeat.</summary>
internal sealed class TrialRuns(BatchInput input, IReadOnlyList<TrialTemplate> templates) : ItemRuns(input)
{
    public override Task<ItemReport> ResultAsync(ChildWorkflowHandle child) => ReportAsync<AttemptResult>(child);

    protected override async Task<ChildWorkflowHandle> StartAsync(BatchItem item, ParentBatch parent)
    {
        var template = Template(item);
        var attempt = template.Input with
        {
            TaskDir = item.Source,
            Skills = item.Skills ?? template.Input.Skills,
            WithoutOwnSkills = item.WithoutOwnSkills ?? template.Input.WithoutOwnSkills,
            Number = item.Repeat,
            Batch = Batch,
            Parent = parent,
            Replies = item.Replies is { } run ? new ReplyKey(Id(item), run) : null,
        };
        return await Workflow.StartChildWorkflowAsync(
            (AttemptWorkflow run) => run.RunAsync(attempt),
            Options(
                item,
                $"{template.Input.Arm} {item.Name} {item.Repeat}",
                $"Task `{item.Source}`, arm `{template.Input.Arm}`, model `{template.ModelSlug}`, agent `{template.Input.Agent}`.",
                template.ModelSlug,
                template.Input.Arm));
    }

    protected override IRunResult WithoutResult(BatchItem item, ItemReport report) => new AttemptResult
    {
        Task = item.Name,
        Agent = Template(item).Input.Agent,
        Outcome = report.State == ItemState.Cancelled ? Outcome.Skipped : Outcome.Infrastructure,
        Error = report.Words,
        Usage = report.Usage,
    };

    private TrialTemplate Template(BatchItem item) => templates.First(template => template.Key == item.Template);
}

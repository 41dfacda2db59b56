using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Common;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>The runs of a batch's items, whatever their kind: what they are called, how they start, how they are told.</summary>
internal sealed class BatchChildren(BatchInput input)
{
    private readonly BatchWork _work = input.Work;

    /// <summary>Workflow id of an item's run.</summary>
    public string Id(BatchItem item) => _work.Kind switch
    {
        BatchKind.Skills => WorkflowIds.Skill(input.Batch, _work.Skill!.ModelSlug, item.Name),
        BatchKind.Constructions => WorkflowIds.Construction(input.Batch, item.Name),
        _ => WorkflowIds.Evaluation(input.Batch, Trial(item).ModelSlug, Trial(item).Input.Arm, item.Name, item.Repeat),
    };

    /// <summary>Starts an item's run; done when it has started.</summary>
    /// <param name="item">The item.</param>
    /// <param name="held">Why the batch holds it; null when it may run.</param>
    /// <param name="step">Having spent so much more it says so; null where nobody counts.</param>
    public async Task<ChildWorkflowHandle> StartAsync(BatchItem item, string? held, SpendingLimit? step)
    {
        var seat = new BatchSeat(Workflow.Info.WorkflowId, held, step);
        switch (_work.Kind)
        {
            case BatchKind.Skills:
                var skill = _work.Skill! with { TaskDir = item.Source, Batch = input.Batch, Seat = seat };
                return await Workflow.StartChildWorkflowAsync(
                    (SkillGenerationWorkflow run) => run.RunAsync(skill),
                    Options(item, $"skill for {item.Name}", RunDescriptions.Of(skill), skill.ModelSlug));
            case BatchKind.Constructions:
                var task = _work.Construction! with { PromptFile = item.Source, Name = item.Name, Batch = input.Batch, Seat = seat };
                return await Workflow.StartChildWorkflowAsync(
                    (TaskConstructionWorkflow run) => run.RunAsync(task),
                    Options(item, $"task from {item.Name}", RunDescriptions.Of(task), task.ModelSlug));
            default:
                var template = Trial(item);
                var attempt = template.Input with
                {
                    TaskDir = item.Source,
                    Skills = item.Skills ?? template.Input.Skills,
                    WithoutOwnSkills = item.WithoutOwnSkills ?? template.Input.WithoutOwnSkills,
                    Number = item.Repeat,
                    Batch = input.Batch,
                    Seat = seat,
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
    }

    /// <summary>Waits for a run that this run of the batch has started.</summary>
    public async Task<ItemReport> ResultAsync(ChildWorkflowHandle child)
    {
        try
        {
            return _work.Kind switch
            {
                BatchKind.Skills => ItemReport.Of(child.Id, child.FirstExecutionRunId, await child.GetResultAsync<SkillGenerationResult>()),
                BatchKind.Constructions => ItemReport.Of(child.Id, child.FirstExecutionRunId, await child.GetResultAsync<ConstructionResult>()),
                _ => ItemReport.Of(child.Id, child.FirstExecutionRunId, await child.GetResultAsync<AttemptResult>()),
            };
        }
        catch (ChildWorkflowFailureException failure)
        {
            return ItemReport.Of(child.Id, child.FirstExecutionRunId, failure);
        }
    }

    /// <summary>The report with a result of the item's kind, also where the run came to none.</summary>
    public ItemReport Complete(BatchItem item, ItemReport report) => _work.Kind switch
    {
        BatchKind.Skills when report.Skill is null => report with
        {
            Skill = new SkillGenerationResult
            {
                Task = item.Name,
                Status = report.State == ItemState.Cancelled ? SkillRunStatus.Cancelled : SkillRunStatus.Failed,
                Outcome = report.State == ItemState.Cancelled ? Outcome.Skipped : Outcome.Infrastructure,
                Attempts = 0,
                Error = report.Words,
                Usage = report.Usage,
                CostUsd = report.Usage.CostUsd,
                WorkflowId = report.WorkflowId,
            },
        },
        BatchKind.Constructions when report.Construction is null => report with
        {
            Construction = new ConstructionResult
            {
                Name = item.Name,
                Status = report.State == ItemState.Cancelled ? ConstructionStatus.Cancelled : ConstructionStatus.Failed,
                Error = report.Words,
                Usage = report.Usage,
                CostUsd = report.Usage.CostUsd,
                WorkflowId = report.WorkflowId,
            },
        },
        BatchKind.Trials when report.Trial is null => report with
        {
            Trial = new AttemptResult
            {
                Task = item.Name,
                Agent = Trial(item).Input.Agent,
                Outcome = report.State == ItemState.Cancelled ? Outcome.Skipped : Outcome.Infrastructure,
                Error = report.Words,
                Usage = report.Usage,
            },
        },
        _ => report,
    };

    /// <summary>Lets a run stand still, or go on. One that is closed needs no telling.</summary>
    public static async Task HoldAsync(string workflowId, string? why)
    {
        try
        {
            await Workflow.GetExternalWorkflowHandle(workflowId).SignalAsync("Hold", [new HoldRequest(why)], new() { CancellationToken = CancellationToken.None });
        }
        catch (FailureException)
        {
            // Its report is on its way.
        }
    }

    public static async Task CancelAsync(string workflowId)
    {
        try
        {
            await Workflow.GetExternalWorkflowHandle(workflowId).CancelAsync();
        }
        catch (FailureException)
        {
            // Closed already; its report is on its way.
        }
    }

    private TrialTemplate Trial(BatchItem item) => _work.Trials.First(template => template.Key == item.Template);

    private ChildWorkflowOptions Options(BatchItem item, string summary, string details, string model, string? arm = null) => new()
    {
        Id = Id(item),

        // It outlives any one run of the batch, and is cancelled by name.
        ParentClosePolicy = ParentClosePolicy.Abandon,
        CancellationToken = CancellationToken.None,
        StaticSummary = summary,
        StaticDetails = details,
        TypedSearchAttributes = SearchAttributes.Started(input.Batch, item.Name, model, arm, arm is null ? null : item.Repeat),

        // Everything that the run schedules inherits it: batches share the workers by weight.
        Priority = new Priority(input.Priority, input.Batch, input.Weight),
    };
}

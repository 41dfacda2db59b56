using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain.Judging;
using Spark.Temporal.Workflows.SkillGeneration;
using Spark.Temporal.Workflows.Wire;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>Any number of skill runs, a fixed number of them open at once.</summary>
[Workflow]
public sealed class BatchWorkflow
{
    private readonly BatchInput _input;
    private readonly SkillGenerationResult?[] _results;
    private int _started;

    [WorkflowInit]
    public BatchWorkflow(BatchInput input)
    {
        _input = input;
        _results = new SkillGenerationResult?[input.Items.Count];
    }

    [WorkflowQuery("GetProgress", Description = "How many items there are, how many started, and how those ended that did.")]
    public BatchProgress GetProgress() => new(_input.Items.Count, _started, [.. _results.OfType<SkillGenerationResult>()]);

    [WorkflowRun]
    public async Task<BatchResult> RunAsync(BatchInput input)
    {
        var started = Workflow.UtcNow;
        var window = Enumerable.Range(0, Math.Max(1, _input.Parallelism)).Select(_ => TakeTurnsAsync());
        await Workflow.WhenAllAsync(window);
        var results = _results.OfType<SkillGenerationResult>().ToList();
        var summary = await Workflow.ExecuteActivityAsync(
            (IRecordActivities records) => records.WriteSummaryAsync(new WriteSummaryRequest
            {
                OutDir = _input.Template.OutDir,
                Batch = _input.Batch,
                Results = results,
                StartedAt = started,
                FinishedAt = Workflow.UtcNow,
            }),
            ActivityProfiles.Records("write the summary"));
        Workflow.UpsertTypedSearchAttributes(SearchAttributes.State.ValueSet("done"));
        return new BatchResult { Batch = _input.Batch, Results = results, SummaryPath = summary.Dir };
    }

    /// <summary>One place of the window: takes the next item until there is none left.</summary>
    private async Task TakeTurnsAsync()
    {
        while (_started < _input.Items.Count)
        {
            var index = _started++;
            ShowDetails();
            _results[index] = await RunItemAsync(_input.Items[index]);
            ShowDetails();
        }
    }

    private async Task<SkillGenerationResult> RunItemAsync(BatchItem item)
    {
        var run = _input.Template with { TaskDir = item.TaskDir, Batch = _input.Batch };
        var id = WorkflowIds.Skill(_input.Batch, _input.Template.ModelSlug, item.Name);
        try
        {
            return await Workflow.ExecuteChildWorkflowAsync(
                (SkillGenerationWorkflow workflow) => workflow.RunAsync(run),
                new ChildWorkflowOptions
                {
                    Id = id,
                    ParentClosePolicy = ParentClosePolicy.RequestCancel,
                    StaticSummary = $"skill for {item.Name}",
                    StaticDetails = $"Task `{item.TaskDir}`, model `{_input.Template.ModelSlug}`, agent `{_input.Template.Agent}`.",
                    TypedSearchAttributes = SearchAttributes.Started(_input.Batch, item.Name, _input.Template.ModelSlug),
                });
        }
        catch (ChildWorkflowFailureException failure) when (!TemporalException.IsCanceledException(failure) || !Workflow.CancellationToken.IsCancellationRequested)
        {
            return Failed(item, id, failure);
        }
    }

    /// <summary>What a failed run says of itself, else what Temporal says of it. One failed item fails no batch.</summary>
    private static SkillGenerationResult Failed(BatchItem item, string id, ChildWorkflowFailureException failure)
    {
        if (failure.InnerException is ApplicationFailureException { ErrorType: FailureTypes.SkillRefused } refused && refused.Details.Count > 0)
        {
            return refused.Details.ElementAt<SkillGenerationResult>(0);
        }

        return new SkillGenerationResult
        {
            Task = item.Name,
            Status = TemporalException.IsCanceledException(failure) ? SkillRunStatus.Cancelled : SkillRunStatus.Failed,
            Outcome = TemporalException.IsCanceledException(failure) ? Outcome.Skipped : Outcome.Infrastructure,
            Attempts = 0,
            Error = failure.InnerException?.Message ?? failure.Message,
            WorkflowId = id,
        };
    }

    private void ShowDetails()
    {
        var ended = _results.OfType<SkillGenerationResult>().ToList();
        Workflow.CurrentDetails =
            $"**{ended.Count} of {_input.Items.Count}** ended, {_started - ended.Count} open · "
            + $"{ended.Count(result => result.Status == SkillRunStatus.Passed)} skills · {Domain.Text.Usd(ended.Sum(result => result.CostUsd))}";
    }
}

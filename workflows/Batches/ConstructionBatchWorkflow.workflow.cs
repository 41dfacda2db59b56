using Spark.Temporal.Workflows.TaskConstruction;
using Spark.Temporal.Workflows.Wire;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>Any number of task constructions, a fixed number of them open at once.</summary>
[Workflow]
public sealed class ConstructionBatchWorkflow
{
    private readonly ConstructionBatchInput _input;
    private readonly ConstructionResult?[] _results;
    private int _started;

    [WorkflowInit]
    public ConstructionBatchWorkflow(ConstructionBatchInput input) => (_input, _results) = (input, new ConstructionResult?[input.Items.Count]);

    [WorkflowQuery("GetProgress", Description = "How many items there are, how many started, and how those ended that did.")]
    public ConstructionBatchProgress GetProgress() => new(_input.Items.Count, _started, [.. _results.OfType<ConstructionResult>()]);

    [WorkflowRun]
    public async Task<ConstructionBatchResult> RunAsync(ConstructionBatchInput input)
    {
        await Workflow.WhenAllAsync(Enumerable.Range(0, Math.Max(1, _input.Parallelism)).Select(_ => TakeTurnsAsync()));
        Workflow.UpsertTypedSearchAttributes(SearchAttributes.State.ValueSet("done"));
        return new ConstructionBatchResult(_input.Batch, [.. _results.OfType<ConstructionResult>()]);
    }

    private async Task TakeTurnsAsync()
    {
        while (_started < _input.Items.Count)
        {
            var index = _started++;
            Show();
            _results[index] = await RunItemAsync(_input.Items[index]);
            Show();
        }
    }

    private async Task<ConstructionResult> RunItemAsync(ConstructionInput item)
    {
        var id = WorkflowIds.Construction(_input.Batch, item.Name);
        try
        {
            return await Workflow.ExecuteChildWorkflowAsync(
                (TaskConstructionWorkflow workflow) => workflow.RunAsync(item),
                new ChildWorkflowOptions
                {
                    Id = id,
                    ParentClosePolicy = ParentClosePolicy.RequestCancel,
                    StaticSummary = $"task from {item.Name}",
                    StaticDetails = $"Prompt file `{item.PromptFile}`, model `{item.ModelSlug}`.",
                    TypedSearchAttributes = SearchAttributes.Started(_input.Batch, item.Name, item.ModelSlug),
                });
        }
        catch (ChildWorkflowFailureException failure) when (!TemporalException.IsCanceledException(failure) || !Workflow.CancellationToken.IsCancellationRequested)
        {
            return new ConstructionResult
            {
                Name = item.Name,
                Status = TemporalException.IsCanceledException(failure) ? ConstructionStatus.Cancelled : ConstructionStatus.Failed,
                Error = failure.InnerException?.Message ?? failure.Message,
                WorkflowId = id,
            };
        }
    }

    private void Show()
    {
        var ended = _results.OfType<ConstructionResult>().ToList();
        Workflow.CurrentDetails =
            $"**{ended.Count} of {_input.Items.Count}** ended, {_started - ended.Count} open · "
            + $"{ended.Count(result => result.Status == ConstructionStatus.Accepted)} accepted · {Domain.Text.Usd(ended.Sum(result => result.CostUsd))}";
    }
}

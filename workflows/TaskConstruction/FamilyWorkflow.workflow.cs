using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <summary>
/// Variants of one accepted task, each a construction of its own with its proof. One that is refused gives way to the next
/// of the plan, until there are as many as asked for or the plan is through.
/// </summary>
[Workflow]
public sealed class FamilyWorkflow
{
    private readonly FamilyInput _input;
    private readonly RunControl _control;
    private readonly Outages _outages;
    private readonly List<VariantOutcome> _ended = [];
    private readonly List<string> _open = [];
    private int _taken;

    [WorkflowInit]
    public FamilyWorkflow(FamilyInput input)
    {
        _input = input;
        _control = new RunControl(SpendingLimit.None, Show, null);
        _outages = new Outages(_control, input.Limits);
    }

    private int Accepted => _ended.Count(variant => variant.Status == ConstructionStatus.Accepted);

    [WorkflowQuery("GetProgress", Description = "How many variants are asked for, which are open, and how those ended that did.")]
    public FamilyProgress GetProgress() => new(_input.Count, [.. _open], [.. _ended]);

    [WorkflowUpdate("Resume", Description = "Try again what the family itself waits for. No value needed.")]
    public Task ResumeAsync()
    {
        _control.Resume();
        return Task.CompletedTask;
    }

    [WorkflowRun]
    public Task<FamilyResult> RunAsync(FamilyInput input) => ClosingState.AroundAsync(WorkAsync);

    private async Task<FamilyResult> WorkAsync()
    {
        FamilyPlan plan;
        try
        {
            plan = await _outages.ReadAsync(
                (IConstructionActivities construction) => construction.PlanFamilyAsync(new PlanFamilyRequest(new VariantsRequest
                {
                    Task = _input.Task,
                    Count = _input.Count,
                    Seed = _input.Seed,
                    TemplateFile = _input.TemplateFile,
                    OutDir = _input.OutDir,
                })),
                "choose variants");
        }
        catch (ActivityFailureException failure) when (ActivityFailures.TypeOf(failure) == FailureTypes.InvalidInput)
        {
            return Close(ActivityFailures.Words(failure));
        }

        await Workflow.WhenAllAsync(Enumerable.Range(0, Math.Max(1, _input.Parallelism)).Select(_ => TakeTurnsAsync(plan)));
        return Close(Accepted >= _input.Count ? null : $"{Accepted} of {_input.Count} variants are proven; the template gave {plan.Candidates} that are unlike all known ones.");
    }

    private async Task TakeTurnsAsync(FamilyPlan plan)
    {
        while (_taken < plan.Candidates)
        {
            if (Accepted + _open.Count >= _input.Count)
            {
                // Enough are proven or under way; one of those may yet fail.
                if (Accepted >= _input.Count)
                {
                    return;
                }

                await Workflow.WaitConditionAsync(() => Accepted >= _input.Count || Accepted + _open.Count < _input.Count);
                continue;
            }

            var index = _taken++;
            var slot = $"#{index + 1}";
            _open.Add(slot);
            var ended = await RunOneAsync(plan, index, slot);
            _open.RemoveAt(_open.FindIndex(name => name == slot || name == ended.Name));
            _ended.Add(ended);
            Show();
        }
    }

    private async Task<VariantOutcome> RunOneAsync(FamilyPlan plan, int index, string slot)
    {
        var given = await _outages.ReadAsync(
            (IConstructionActivities construction) => construction.TakeVariantAsync(new TakeVariantRequest(plan, index)),
            $"take variant {index + 1}");
        _open[_open.IndexOf(slot)] = given.TaskId;
        Show();
        try
        {
            var result = await Workflow.ExecuteChildWorkflowAsync(
                (TaskConstructionWorkflow workflow) => workflow.RunAsync(new ConstructionInput
                {
                    PromptFile = "",
                    Name = given.TaskId,
                    Batch = _input.Batch,
                    ModelSlug = "none",
                    MaxRevisions = 0,
                    OutDir = _input.OutDir,
                    Limits = _input.Limits,
                    Given = given,
                }),
                new ChildWorkflowOptions
                {
                    Id = WorkflowIds.Construction(_input.Batch, given.TaskId),
                    ParentClosePolicy = ParentClosePolicy.RequestCancel,
                    StaticSummary = $"variant {given.TaskId}",
                    StaticDetails = $"Variant of `{given.VariantOf}`: {DetailsText.Escape(given.Choices)}.",
                    TypedSearchAttributes = SearchAttributes.Started(_input.Batch, given.TaskId, "none"),
                });
            return new VariantOutcome(given.TaskId, result.Status, Short(result.Error));
        }
        catch (ChildWorkflowFailureException failure) when (!TemporalException.IsCanceledException(failure) || !Workflow.CancellationToken.IsCancellationRequested)
        {
            return new VariantOutcome(
                given.TaskId,
                TemporalException.IsCanceledException(failure) ? ConstructionStatus.Cancelled : ConstructionStatus.Failed,
                Short(failure.InnerException?.Message ?? failure.Message));
        }
    }

    private FamilyResult Close(string? error)
    {
        var result = new FamilyResult(_input.Task, _input.Count, [.. _ended], error);
        Workflow.UpsertTypedSearchAttributes(SearchAttributes.State.ValueSet(RunStates.Done));
        Show();
        return result;
    }

    private void Show() => Workflow.CurrentDetails = OperatorHints.Waiting(_control, DetailsText.Escape)
        + $"**{Accepted} of {_input.Count}** variants of `{_input.Task}` are proven · {_ended.Count - Accepted} refused\n\n"
        + string.Concat(_open.Select(name => $"- under way: {name}\n"))
        + string.Concat(_ended.TakeLast(20).Select(variant => $"- {variant.Status.ToString().ToLowerInvariant()}: {variant.Name} {DetailsText.Escape(variant.Error ?? "")}\n"))
        + RunDescriptions.Foot;

    private static string? Short(string? error) => error is null ? null : PlainText.OneLine(error, 160);
}

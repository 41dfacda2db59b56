using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Evaluation;

/// <summary>
/// Arms × tasks × repeats of <see cref="AttemptWorkflow"/> for one or more student models, in the window that batches have.
/// A trial that the infrastructure ended is run again, then reported apart; one without its skill is skipped. Neither is a score.
/// </summary>
[Workflow]
public sealed class EvaluationWorkflow : WindowWorkflow
{
    private readonly EvaluationInput _input;
    private readonly ListedEvaluation _listed;
    private readonly BatchRun _run;
    private readonly Dictionary<(string Model, string Arm), ArmTally> _tallies = [];
    private EvaluationPlanned? _planned;
    private EvaluationRecord? _record;
    private int _unwritten;
    private Task? _writing;

    [WorkflowInit]
    public EvaluationWorkflow(EvaluationInput input)
    {
        (_input, _listed) = (input, ListedEvaluation.Of(input));
        _run = new BatchRun(EvaluationWindow.Of(input, _listed), About, Count);
        foreach (var (student, arm) in input.Students.SelectMany(student => input.Arms.Select(arm => (student.Slug, arm.Name))))
        {
            _tallies[(student, arm)] = new ArmTally(student, arm);
        }

        if (input.Carried is { } carried)
        {
            Take(carried.Planned, carried.Tallies);
            _unwritten = carried.Unwritten;
        }
    }

    private protected override BatchRun Batch => _run;

    private bool IsWriting => _writing is { IsCompleted: false };

    [WorkflowQuery("GetProgress", Description = "Progress of the window, what ended last, and the counts of each arm.")]
    public EvaluationProgress GetProgress() => new(
        _run.State.Progress(BatchRun.ResultsPath(_input.OutDir, _input.Batch)), [.. _tallies.Values], _planned?.Skipped ?? []);

    [WorkflowRun]
    public Task<EvaluationResult> RunAsync(EvaluationInput input) => ClosingState.AroundAsync(WorkAsync);

    private async Task<EvaluationResult> WorkAsync()
    {
        if (_planned is null)
        {
            await PlanAsync();
        }
        else
        {
            await _run.MoveOnAsync();
        }

        while (await _run.WorkAsync())
        {
            await Workflow.WaitConditionAsync(() => !IsWriting, CancellationToken.None);
            if (_run.MayContinueAsNew)
            {
                var carried = new EvaluationCarried { Window = _run.Carry(), Planned = _planned!, Tallies = [.. _tallies.Values], Unwritten = _unwritten };
                var next = _input with { Carried = carried };
                throw Workflow.CreateContinueAsNewException((EvaluationWorkflow evaluation) => evaluation.RunAsync(next), ContinuedRuns.OnCurrentVersion);
            }
        }

        var cancelled = BatchRun.Cancelled;
        await _run.CloseAsync();
        await Workflow.WaitConditionAsync(() => !IsWriting, CancellationToken.None);
        var record = _record = await WriteAsync("write summary and reports", cancelled);
        _run.State.Show(cancelled ? RunStates.Cancelled : RunStates.Done);
        await Workflow.WaitConditionAsync(() => Workflow.AllHandlersFinished, CancellationToken.None);
        Workflow.CancellationToken.ThrowIfCancellationRequested();
        return new EvaluationResult { Batch = _input.Batch, Students = record.Students, TransferReport = record.TransferReport, LeftOut = record.LeftOut };
    }

    /// <summary>Lists the trials with their skills, outside the history: which are to run, which lack their skill, which are scored already.</summary>
    private async Task PlanAsync()
    {
        var planned = await _run.PlanAsync(
            () => Workflow.ExecuteActivityAsync(
                (IEvaluationActivities evaluations) => evaluations.PlanAsync(new PlanEvaluationRequest(_listed, Workflow.UtcNow)), ActivityProfiles.BatchPlan("list the trials and their skills")),
            listed => listed.Plan);
        Take(planned, planned.Tallies);
    }

    private void Take(EvaluationPlanned planned, IReadOnlyList<ArmTally> tallies)
    {
        // The tallies are carried by themselves.
        _planned = planned with { Tallies = [] };
        foreach (var tally in tallies)
        {
            _tallies[(tally.Model, tally.Arm)] = tally;
        }
    }

    /// <summary>Counts a trial that ended, and lets the files on disk follow once there are many.</summary>
    private void Count(ItemResult ended)
    {
        if (ended is not { Trial: { } trial, Item.Template: { } template })
        {
            // Not of a trial: a person sent it by hand.
            return;
        }

        var arm = EvaluationWindow.Of(_listed, template);
        _tallies[arm] = _tallies[arm].With(trial.Outcome, trial.Reward, ended, trial.NoVerdict);
        if (++_unwritten >= _input.Rules.PageTrials && !IsWriting)
        {
            _unwritten = 0;
            _writing = WriteAsync("write the summary so far", cancelled: false);
        }
    }

    private Task<EvaluationRecord> WriteAsync(string summary, bool cancelled)
    {
        var request = new WriteEvaluationRequest
        {
            Input = _listed,
            Planned = _planned!.Details,
            Results = _run.Writer.Results,
            StartedAt = _planned.StartedAt ?? _run.State.StartedAt,
            Cancelled = cancelled,
            Now = Workflow.UtcNow,
        };
        return BatchRecords.RunAsync(_run.State, (IEvaluationActivities evaluations) => evaluations.WriteAsync(request), summary);
    }

    private string About() => EvaluationDetails.Render(_tallies.Values, _input.Students.Count > 1, _record);
}

using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain.Evaluation;
using Spark.Temporal.Workflows.Domain.Judging;
using Spark.Temporal.Workflows.Wire;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Evaluation;

/// <summary>
/// Arms × tasks × repeats of <see cref="AttemptWorkflow"/> for one or more student models, a fixed number open at once. What
/// the infrastructure ended is run again and then reported apart; a trial without its skill is skipped; neither is a score.
/// </summary>
[Workflow]
public sealed class EvaluationWorkflow
{
    private readonly EvaluationInput _input;
    private readonly EvaluationPlan _plan;
    private readonly EvaluationState _state;
    private readonly OpenTrials _open = new();
    private readonly Dictionary<int, Task<TaskSkills>> _skills = [];

    // One place of the window at a time looks whether a further trial may start, so that a wait is declared once.
    private readonly Temporalio.Workflows.Mutex _gate = new();

    [WorkflowInit]
    public EvaluationWorkflow(EvaluationInput input)
    {
        _input = input;
        _plan = new EvaluationPlan(input.Tasks.Count, input.Students.Count, input.Arms.Count, input.Repeats, input.Seed);
        _state = new EvaluationState(input, _plan.Count, Show);
    }

    [WorkflowQuery("GetProgress", Description = "How many trials there are, which run, and how each arm stands.")]
    public EvaluationProgress GetProgress() => _state.Progress(_open.Ids);

    private bool MustContinueAsNew =>
        Workflow.ContinueAsNewSuggested || Workflow.CurrentHistoryLength > _input.Rules.HistoryLimit;

    [WorkflowRun]
    public async Task<EvaluationResult> RunAsync(EvaluationInput input)
    {
        if (_input is { Resume: true, Carried: null })
        {
            _state.Take(await Workflow.ExecuteActivityAsync(
                (IEvaluationActivities evaluations) => evaluations.ResumeAsync(new ResumeEvaluationRequest(_input)),
                ActivityProfiles.Records("read what is scored already")));
        }

        try
        {
            // The window: each of its places takes the next trial of the plan until there is none left.
            await Workflow.WhenAllAsync(Enumerable.Range(0, Math.Max(1, _input.Parallelism)).Select(_ => TakeTurnsAsync()));
        }
        catch (Exception stopped) when (TemporalException.IsCanceledException(stopped))
        {
            await WriteAsync(CancellationToken.None, "cancelled");
            throw;
        }

        if (_state.HasNext)
        {
            await Workflow.WaitConditionAsync(() => Workflow.AllHandlersFinished);
            var rest = _input with { Carried = _state.Carry() };
            throw Workflow.CreateContinueAsNewException((EvaluationWorkflow next) => next.RunAsync(rest), ContinuedRuns.OnCurrentVersion);
        }

        var record = await WriteAsync(null, RunStates.Done);
        await Workflow.WaitConditionAsync(() => Workflow.AllHandlersFinished);
        return new EvaluationResult { Batch = _input.Batch, Students = record.Students, TransferReport = record.TransferReport };
    }

    [WorkflowUpdate("Pause", Description = "Start no further trial; those that run stand still after their step in flight.")]
    public Task PauseAsync()
    {
        _state.Control.Pause();
        _state.Control.Declare(RunStates.Paused, _state.Control.Why(RunStates.Paused));
        return _open.SteerAsync(paused: true);
    }

    [WorkflowUpdate("Resume", Description = "Go on: after a pause, or when what the evaluation waits for is mended.")]
    public Task ResumeAsync()
    {
        _state.Control.Resume();
        _state.Control.Declare(RunStates.Running, "");
        return _open.SteerAsync(paused: false);
    }

    [WorkflowUpdateValidator(nameof(ResumeAsync))]
    public void ValidateResume() => RunControl.Refuse(_state.Control.ResumeRefusal());

    [WorkflowUpdate("RaiseBudget", Description = "What all trials together may cost: {\"budget_usd\": 25}, budget_tokens, or both.")]
    public Task RaiseBudgetAsync(BudgetRequest request)
    {
        _state.Control.Raise(request);
        return Task.CompletedTask;
    }

    [WorkflowUpdateValidator(nameof(RaiseBudgetAsync))]
    public void ValidateBudget(BudgetRequest request) => RunControl.Refuse(_state.Control.RaiseRefusal(request));

    [WorkflowSignal("AttemptNews", Description = "From a trial: what it waits for.")]
    public Task AttemptNewsAsync(AttemptNews news)
    {
        _open.Heard(news);
        Show();
        return Task.CompletedTask;
    }

    private async Task TakeTurnsAsync()
    {
        while (_state.HasNext && !MustContinueAsNew)
        {
            await PassGateAsync();
            if (_state.TakeNext() is not { } place)
            {
                return;
            }

            _state.Count(await RunTrialAsync(place));
            Show();
            await KeepAsync();
        }
    }

    /// <summary>Stands still while paused, out of budget, or while everything fails and somebody has to mend it.</summary>
    private async Task PassGateAsync()
    {
        await _gate.WaitOneAsync();
        try
        {
            if (_state.MustBeMended)
            {
                await _state.Control.WaitForPersonAsync("infrastructure", _state.LastFailure);
                _state.FailuresInARow = 0;
            }

            await _state.Control.CheckpointAsync();
        }
        finally
        {
            _gate.ReleaseMutex();
        }
    }

    /// <summary>One trial to its end, run again where the infrastructure ended it.</summary>
    private async Task<EvaluationTrial> RunTrialAsync(int place)
    {
        var planned = _plan[place];
        var rows = new TrialRows(_input, planned, Workflow.UtcNow);
        try
        {
            var skills = await SkillsAsync(planned.Task);
            var given = skills.Of(rows.Model, rows.Arm.Name);
            if (given is { Missing: { } missing })
            {
                return rows.Skipped(missing, Workflow.UtcNow);
            }

            for (var reruns = 0; ; reruns++)
            {
                var row = rows.Of(await AttemptAsync(place, rows, skills.ImageBringsSkills, given), given, reruns, Workflow.UtcNow);
                if (row.Outcome != Outcome.Infrastructure || reruns >= _input.Rules.Reruns)
                {
                    return row;
                }

                await Workflow.DelayWithOptionsAsync(new(TimeSpan.FromSeconds(_input.Rules.RerunDelaySec * Math.Pow(2, reruns)))
                {
                    Summary = $"before {rows.Id} runs again",
                });
                await Workflow.WaitConditionAsync(() => !_state.Control.Paused);
            }
        }
        catch (FailureException failure) when (!Workflow.CancellationToken.IsCancellationRequested)
        {
            // One trial that Temporal or a person ended fails no evaluation.
            return rows.Ended(failure, Workflow.UtcNow);
        }
    }

    private async Task<AttemptResult> AttemptAsync(int place, TrialRows rows, bool imageBringsSkills, ArmSkills? skills)
    {
        var attempt = new AttemptInput
        {
            TaskDir = rows.TaskDir,
            Agent = _input.Agent,
            AgentKwargs = _input.AgentKwargs,
            Model = rows.Student.Model,
            Skills = skills?.Tar,
            WithoutOwnSkills = imageBringsSkills,
            Number = place + 1,
            Batch = _input.Batch,
            Arm = rows.Arm.Name,
            Limits = _input.Limits,
            OutDir = _input.OutDir,
            Paused = _state.Control.Paused,
        };
        var child = await Workflow.StartChildWorkflowAsync(
            (AttemptWorkflow workflow) => workflow.RunAsync(attempt),
            new ChildWorkflowOptions
            {
                Id = rows.Id,
                ParentClosePolicy = Temporalio.Workflows.ParentClosePolicy.RequestCancel,
                StaticSummary = $"{rows.Arm.Name}, repeat {rows.Repeat}: {_input.Agent} on {rows.Task}",
                StaticDetails = $"Task `{rows.TaskDir}`, model `{rows.Model}`, skills: {(skills is null ? "none" : skills.Names)}.",
                TypedSearchAttributes = SearchAttributes.Started(_input.Batch, rows.Task, rows.Model, rows.Arm.Name, rows.Repeat),
            });
        _open.Add(place + 1, child);
        Show();
        try
        {
            return await child.GetResultAsync();
        }
        finally
        {
            _open.Remove(place + 1);
        }
    }

    /// <summary>The skills of all arms for a task, read once by whichever of its trials comes first.</summary>
    private Task<TaskSkills> SkillsAsync(int task)
    {
        if (!_skills.TryGetValue(task, out var reading))
        {
            _skills[task] = reading = Workflow.ExecuteActivityAsync(
                (IEvaluationActivities evaluations) => evaluations.SkillsAsync(new TaskSkillsRequest
                {
                    Task = _input.Tasks[task].Name,
                    TaskDir = TrialRows.DirOf(_input, task),
                    Models = _input.Students.Select(student => student.Slug).ToList(),
                    Arms = _input.Arms,
                }),
                ActivityProfiles.Records($"skills for {_input.Tasks[task].Name}"));
        }

        return reading;
    }

    /// <summary>Stores rows once there are many, and lets the files on disk follow.</summary>
    private async Task KeepAsync()
    {
        if (_state.TakePage() is not { } page)
        {
            return;
        }

        var kept = await Workflow.ExecuteActivityAsync(
            (IEvaluationActivities evaluations) => evaluations.KeepAsync(new KeepTrialsRequest(page)),
            ActivityProfiles.Records($"keep {page.Count} trials"));
        _state.Kept(kept, page);
        await WriteAsync(null, null);
    }

    private async Task<EvaluationRecord> WriteAsync(CancellationToken? cancellation, string? ended)
    {
        var options = ActivityProfiles.Records(ended is null ? "write the summary so far" : "write summary and reports");
        options.CancellationToken = cancellation;
        var request = _state.ToWrite(Workflow.UtcNow);
        var record = await Workflow.ExecuteActivityAsync((IEvaluationActivities evaluations) => evaluations.WriteAsync(request), options);
        if (ended is not null)
        {
            Workflow.UpsertTypedSearchAttributes(SearchAttributes.State.ValueSet(ended), SearchAttributes.CostUsd.ValueSet(_state.Control.Spent.CostUsd));
            Workflow.CurrentDetails = EvaluationDetails.Render(_state, _open, record);
        }

        return record;
    }

    private void Show() => Workflow.CurrentDetails = EvaluationDetails.Render(_state, _open, null);
}

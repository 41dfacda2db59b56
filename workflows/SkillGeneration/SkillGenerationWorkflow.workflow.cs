using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <summary>
/// One task until its skill exists or its attempts run out: execute, judge, reflect, measure, retry, distill. Out of
/// budget or of infrastructure it waits, says why, and goes on in place.
/// </summary>
[Workflow]
public sealed partial class SkillGenerationWorkflow : ItemWorkflow
{
    /// <summary>How long an attempt may take to end when it is cancelled, before its number is tried again.</summary>
    private static readonly TimeSpan OtherEnds = TimeSpan.FromSeconds(2);

    private readonly SkillGenerationInput _input;
    private readonly SkillRunState _state;
    private readonly Reflections _reflections;
    private readonly IAttemptSource _source;
    private ChildWorkflowHandle<AttemptWorkflow, AttemptResult>? _attempt;

    [WorkflowInit]
    public SkillGenerationWorkflow(SkillGenerationInput input)
    {
        _input = input;
        _state = new SkillRunState(input);
        _reflections = new Reflections(input, _state);
        _source = input.Agent == AgentNames.Replay ? new RecordedAttemptSource(input, _state, _reflections) : new LiveAttemptSource(input, _state, _reflections);
    }

    [WorkflowRun]
    public Task<SkillGenerationResult> RunAsync(SkillGenerationInput input) =>
        ParentReports.AroundAsync(input.Parent, WorkAsync, CancelledAsync, () => _state.Control.Spent);

    private Task CancelledAsync()
    {
        _state.Cancelled();
        return Task.CompletedTask;
    }

    private async Task<SkillGenerationResult> WorkAsync()
    {
        _state.Show("read the task");
        var package = await _source.OpenAsync();
        if (package is null)
        {
            _state.Ended = true;
            return Done(await CloseAsync(SkillRunStatus.TaskBroken));
        }

        if (_input.Fork is { } fork)
        {
            var restored = await _state.Outages.ReadAsync((IRecordActivities records) => records.RestoreAsync(fork), $"what was known after attempt {fork.Attempt}");
            _state.Restore(restored);
            _reflections.Restore(restored);
        }

        while (true)
        {
            var result = await CloseAsync(await AttemptsAsync(package));
            if (_state.Ended || _state.Scored >= _state.MaxAttempts)
            {
                return Done(result);
            }

            // Attempts were added while the last records were written.
            _state.Show("more attempts");
        }
    }

    /// <summary>Attempts until one passes or none is left.</summary>
    private async Task<SkillRunStatus> AttemptsAsync(TaskPackage package)
    {
        while (_state.Scored < _state.MaxAttempts)
        {
            await _state.Control.CheckpointAsync();
            var instruction = await BeginAsync(package);
            var result = await ExecuteAsync(package, instruction);
            var record = _state.Take(result, instruction);
            await ParentReports.NewsAsync(_input.Parent, _state.Usage, null);
            if (result.Outcome == Outcome.Infrastructure)
            {
                await KeepAsync(record);
                await _source.AfterInfrastructureAsync(result.Error ?? "unknown");
                continue;
            }

            if (ActivityFailures.IsFinal(result.ErrorType))
            {
                // No agent can fix a task that does not build, so a reflection on it would be a waste.
                (_state.Error, _state.Ended) = (result.Error, true);
                await KeepAsync(record);
                return SkillRunStatus.TaskBroken;
            }

            _state.Show("judge");
            var judged = await _source.JudgeAsync(record.Number, result);
            record = record with { Judgment = judged.Stored, Outcome = judged.Judgment.Outcome };
            _state.Judged(record, judged.Judgment);
            if (record.Outcome == Outcome.Pass)
            {
                _state.Ended = true;
                await KeepAsync(record);
                return await _source.DistillAsync(package, result, judged.Stored);
            }

            await _state.Control.CheckpointAsync();
            var reflection = await _source.ReflectAsync(package, result, record, judged);
            await KeepAsync(record with { Reflection = reflection });
        }

        return SkillRunStatus.Exhausted;
    }

    private Task<ArtifactRef> BeginAsync(TaskPackage package)
    {
        _state.NextAttempt(_reflections.Intervention);
        return _state.Outages.ReadAsync(
            (IRecordActivities records) => records.BeginAsync(new BeginAttemptRequest
            {
                Instruction = package.FirstInstruction,
                Hint = _state.Hint,
                MemoRecord = _state.MemoRecord,
                Guidance = _state.Guidance,
                Intervention = _state.Intervention,
                Attempt = _state.Scored + 1,
                MaxAttempts = _state.MaxAttempts,
                Terminal = _input.Agent == AgentNames.Terminal,
            }),
            $"attempt {_state.Number}: write the instruction");
    }

    /// <summary>One attempt to its end. One that somebody ended from outside says nothing of the agent: the run goes on with another.</summary>
    private async Task<AttemptResult> ExecuteAsync(TaskPackage package, ArtifactRef instruction)
    {
        _state.Show(SkillRunState.Executing);
        try
        {
            _attempt = await StartAttemptAsync(package, instruction);
            if (_toSteer)
            {
                // Said while it was being started.
                await SteerAsync();
            }

            var result = await _attempt.GetResultAsync();
            _state.Counted(_attempt.FirstExecutionRunId, result);
            return result;
        }
        catch (ChildWorkflowFailureException failure) when (!Workflow.CancellationToken.IsCancellationRequested)
        {
            return _state.Cut(_input.Agent, failure);
        }
        finally
        {
            _attempt = null;
        }
    }

    private async Task<ChildWorkflowHandle<AttemptWorkflow, AttemptResult>> StartAttemptAsync(TaskPackage package, ArtifactRef instruction)
    {
        (_toSteer, _retriesTold) = (false, _state.Control.Retries);
        var kwargs = _source.AgentKwargs(_state.Number);
        var step = _input.Parent?.Step;
        var input = new AttemptInput
        {
            Package = package,
            Agent = _input.Agent,
            AgentKwargs = kwargs,
            Model = _input.Model,
            Conversation = instruction,
            Run = Workflow.Info.WorkflowId,
            Number = _state.Number,
            Batch = _input.Batch,
            Limits = _input.Limits,
            OutDir = _input.OutDir,
            BudgetUsd = _state.Control.Limit.Usd,
            BudgetTokens = _state.Control.Limit.Tokens,
            SpentBefore = _state.Usage,
            NewsStep = step,
            Replies = _state.AttemptReplies,
            CountedRuns = _state.CountedRuns,
            Paused = _state.Control.StandsStill,
        };
        var id = $"{Workflow.Info.WorkflowId}/attempt-{_state.Number}";
        while (true)
        {
            try
            {
                return await Workflow.StartChildWorkflowAsync(
                    (AttemptWorkflow attempt) => attempt.RunAsync(input),
                    new ChildWorkflowOptions
                    {
                        Id = id,
                        ParentClosePolicy = ParentClosePolicy.RequestCancel,
                        StaticSummary = $"attempt {_state.Number} of {_state.Task}",
                        StaticDetails = $"Agent `{_input.Agent}`, model `{_input.ModelSlug}`, intervention {_state.Intervention.ToString().ToLowerInvariant()}.",
                        TypedSearchAttributes = SearchAttributes.Started(_input.Batch, _state.Task, _input.ModelSlug, attempt: _state.Number),
                    });
            }
            catch (WorkflowAlreadyStartedException)
            {
                // Of a run in whose place this one is: reset, terminated or cancelled. It ends first, with its container.
                await EndOtherAsync(id);
            }
        }
    }

    private static async Task EndOtherAsync(string id)
    {
        try
        {
            await Workflow.GetExternalWorkflowHandle(id).CancelAsync();
        }
        catch (FailureException)
        {
            // It has just ended.
        }

        await Workflow.DelayWithOptionsAsync(new(OtherEnds) { Summary = "an earlier attempt of this number ends" });
    }

    private async Task KeepAsync(AttemptRecord record)
    {
        var kept = await _state.Outages.WriteAsync((IRecordActivities records) => records.WriteRunAsync(_state.Record(record, null, null)), $"attempt {record.Number}: keep");
        _state.Kept(record, kept);
    }

    /// <summary>Writes the results, and waits for whoever asks for something meanwhile.</summary>
    private async Task<SkillGenerationResult> CloseAsync(SkillRunStatus status)
    {
        _state.Show("write the results");
        var result = _state.Result(status);
        var written = await _state.Outages.WriteAsync((IRecordActivities records) => records.WriteRunAsync(_state.Record(null, result, _state.Skill)), "write the results");
        await Workflow.WaitConditionAsync(() => Workflow.AllHandlersFinished);
        return result with { ResultDir = written.Dir, SkillPath = written.SkillPath };
    }

    private SkillGenerationResult Done(SkillGenerationResult result)
    {
        _state.Done(result);
        return result.Status == SkillRunStatus.SkillRefused
            ? throw new ApplicationFailureException(result.Error!, FailureTypes.SkillRefused, nonRetryable: true, details: [result])
            : result;
    }
}

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
            return await CloseAsync(SkillRunStatus.TaskBroken);
        }

        if (_input.Fork is { } fork)
        {
            var restored = await Workflow.ExecuteActivityAsync(
                (IRecordActivities records) => records.RestoreAsync(fork), ActivityProfiles.Records($"what was known after attempt {fork.Attempt}"));
            _state.Restore(restored);
            _reflections.Restore(restored);
        }

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
                _state.Error = result.Error;
                await KeepAsync(record);
                return await CloseAsync(SkillRunStatus.TaskBroken);
            }

            _state.Show("judge");
            var judged = await _source.JudgeAsync(record.Number, result);
            record = record with { Judgment = judged.Stored, Outcome = judged.Judgment.Outcome };
            _state.Judged(record, judged.Judgment);
            if (record.Outcome == Outcome.Pass)
            {
                await KeepAsync(record);
                var valid = await _source.DistillAsync(package, result, judged.Stored);
                return await CloseAsync(valid ? SkillRunStatus.Passed : SkillRunStatus.SkillRefused);
            }

            await _state.Control.CheckpointAsync();
            var reflection = await _source.ReflectAsync(package, result, record, judged);
            await KeepAsync(record with { Reflection = reflection });
        }

        return await CloseAsync(SkillRunStatus.Exhausted);
    }

    private Task<ArtifactRef> BeginAsync(TaskPackage package)
    {
        _state.NextAttempt(_reflections.Intervention);
        return Workflow.ExecuteActivityAsync(
            (IRecordActivities records) => records.BeginAsync(new BeginAttemptRequest
            {
                Instruction = package.Instruction,
                Hint = _state.Hint,
                MemoRecord = _state.MemoRecord,
                Guidance = _state.Guidance,
                Intervention = _state.Intervention,
                Attempt = _state.Scored + 1,
                MaxAttempts = _state.MaxAttempts,
                Terminal = _input.Agent == AgentNames.Terminal,
            }),
            ActivityProfiles.Records($"attempt {_state.Number}: write the instruction"));
    }

    private async Task<AttemptResult> ExecuteAsync(TaskPackage package, ArtifactRef instruction)
    {
        _state.Show(SkillRunState.Executing);
        var kwargs = _source.AgentKwargs(_state.Number);
        var step = _input.Parent?.Step;
        _attempt = await Workflow.StartChildWorkflowAsync(
            (AttemptWorkflow attempt) => attempt.RunAsync(new AttemptInput
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
                Paused = _state.Control.StandsStill,
            }),
            new ChildWorkflowOptions
            {
                Id = $"{Workflow.Info.WorkflowId}/attempt-{_state.Number}",
                ParentClosePolicy = ParentClosePolicy.RequestCancel,
                StaticSummary = $"attempt {_state.Number} of {_state.Task}",
                StaticDetails = $"Agent `{_input.Agent}`, model `{_input.ModelSlug}`, intervention {_state.Intervention.ToString().ToLowerInvariant()}.",
                TypedSearchAttributes = SearchAttributes.Started(_input.Batch, _state.Task, _input.ModelSlug, attempt: _state.Number),
            });
        try
        {
            return await _attempt.GetResultAsync();
        }
        finally
        {
            _attempt = null;
        }
    }

    private async Task KeepAsync(AttemptRecord record)
    {
        var kept = await Workflow.ExecuteActivityAsync(
            (IRecordActivities records) => records.WriteRunAsync(_state.Record(record, null, null)), ActivityProfiles.Records($"attempt {record.Number}: keep"));
        _state.Kept(record, kept);
    }

    private async Task<SkillGenerationResult> CloseAsync(SkillRunStatus status)
    {
        var result = _state.Close(status);
        var written = await Workflow.ExecuteActivityAsync(
            (IRecordActivities records) => records.WriteRunAsync(_state.Record(null, result, _state.Skill)), ActivityProfiles.Records("write the results"));
        result = result with { ResultDir = written.Dir, SkillPath = written.SkillPath };
        await Workflow.WaitConditionAsync(() => Workflow.AllHandlersFinished);
        return status == SkillRunStatus.SkillRefused
            ? throw new ApplicationFailureException(result.Error!, FailureTypes.SkillRefused, nonRetryable: true, details: [result])
            : result;
    }
}

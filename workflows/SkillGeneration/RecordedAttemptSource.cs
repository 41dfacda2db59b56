using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <summary>A recorded run through this workflow: the workflow decides again, and takes from the recording what came from outside.</summary>
internal sealed class RecordedAttemptSource(SkillGenerationInput input, SkillRunState state, Reflections reflections) : IAttemptSource
{
    private ReplayedRun? _run;

    public async Task<TaskPackage?> OpenAsync()
    {
        try
        {
            _run = await state.Outages.ReadAsync((IReplayActivities replay) => replay.OpenAsync(new ReplayOpenRequest(input.TaskDir)), "read the recorded run");
        }
        catch (ActivityFailureException failure) when (ActivityFailures.IsFinal(failure))
        {
            state.Error = ActivityFailures.Words(failure);
            return null;
        }

        (state.Task, state.MaxAttempts) = (_run.Package.Name, _run.Scored);
        return _run.Package;
    }

    /// <summary>Names the recorded attempt to the workflow that re-enacts it.</summary>
    public IReadOnlyDictionary<string, string>? AgentKwargs(int number) =>
        new Dictionary<string, string> { [AgentNames.RecordedKwarg] = Of(number).ToString() };

    /// <summary>A recorded failure is over: there is nothing to wait for.</summary>
    public Task AfterInfrastructureAsync(string words) => Task.CompletedTask;

    public Task<JudgeReply> JudgeAsync(int number, AttemptResult result)
    {
        var request = new ReplayJudgeRequest(Of(number), new ReenactedOutcome(result.Outcome, result.Reward, result.Error));
        return state.Outages.ReadAsync((IReplayActivities replay) => replay.JudgeAsync(request), $"attempt {number}: as it was judged");
    }

    public async Task<ReflectionRecord?> ReflectAsync(TaskPackage package, AttemptResult result, AttemptRecord record, JudgeReply judged)
    {
        var request = new ReplayReflectRequest(Of(record.Number));
        var recorded = await state.Outages.ReadAsync((IReplayActivities replay) => replay.ReflectAsync(request), $"attempt {record.Number}: as it was reflected on");
        return reflections.Reenact(record, judged.Judgment, recorded);
    }

    /// <remarks>An invalid skill is kept as it was recorded, and the run says what is wrong with it.</remarks>
    public async Task<SkillRunStatus> DistillAsync(TaskPackage package, AttemptResult result, ArtifactRef judgment)
    {
        if (_run!.Skill is not { } conversation)
        {
            state.Error = "The recording holds no skill.";
            return SkillRunStatus.SkillRefused;
        }

        if (input.Redistill)
        {
            var prompt = await state.Outages.ReadAsync(
                (IReplayActivities replay) => replay.EvidenceAsync(new ReplayDistillRequest(conversation, package.Name)), "the recorded evidence");
            return await new Distillation(input, state).RunAsync(package, prompt);
        }

        var skill = await state.Outages.ReadAsync(
            (IReplayActivities replay) => replay.DistillAsync(new ReplayDistillRequest(conversation, package.Name)), "the recorded skill");
        state.Skill = skill.Skill;
        state.Count(new SkillCall(conversation, skill.Usage, skill.Problems, 0, Workflow.UtcNow));
        state.Error = skill.Problems.Count == 0 ? null : PlainText.OneLine($"The recorded skill is not valid: {string.Join("; ", skill.Problems)}", 600);
        return SkillRunStatus.Passed;
    }

    private ArtifactRef Of(int number) => _run!.Attempts[number - 1];
}

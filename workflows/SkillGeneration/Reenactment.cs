using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <summary>A recorded run through this workflow: what is decided here is decided anew, what came from outside is recorded.</summary>
internal sealed class Reenactment(SkillGenerationInput input, SkillRunState state)
{
    private ReplayedRun? _run;

    /// <returns>What stands for the task; null where there is no such recording, and the state says why.</returns>
    public async Task<TaskPackage?> OpenAsync()
    {
        try
        {
            _run = await Workflow.ExecuteActivityAsync(
                (IReplayActivities replay) => replay.OpenAsync(new ReplayOpenRequest(input.TaskDir)), ActivityProfiles.Records("read the recorded run"));
        }
        catch (ActivityFailureException failure) when (ActivityFailures.IsFinal(failure))
        {
            state.Error = ActivityFailures.Words(failure);
            return null;
        }

        state.MaxAttempts = _run.Scored;
        return _run.Package;
    }

    /// <summary>Names the recorded attempt to the workflow that re-enacts it.</summary>
    public IReadOnlyDictionary<string, string> Kwargs(int number) =>
        new Dictionary<string, string> { [AgentNames.RecordedKwarg] = Of(number).ToString() };

    public Task<JudgeReply> JudgeAsync(int number, AttemptResult result)
    {
        var request = new ReplayJudgeRequest(Of(number), result);
        return Workflow.ExecuteActivityAsync((IReplayActivities replay) => replay.JudgeAsync(request), ActivityProfiles.Records($"attempt {number}: as it was judged"));
    }

    public Task<ReplayedReflection> ReflectAsync(int number)
    {
        var request = new ReplayReflectRequest(Of(number));
        return Workflow.ExecuteActivityAsync((IReplayActivities replay) => replay.ReflectAsync(request), ActivityProfiles.Records($"attempt {number}: as it was reflected on"));
    }

    /// <returns>Whether a skill was recorded. An invalid one is kept all the same, and the run says what is wrong with it.</returns>
    public async Task<bool> DistillAsync(string task)
    {
        if (_run!.Skill is not { } conversation)
        {
            state.Error = "The recording holds no skill.";
            return false;
        }

        var skill = await Workflow.ExecuteActivityAsync(
            (IReplayActivities replay) => replay.DistillAsync(new ReplayDistillRequest(conversation, task)), ActivityProfiles.Records("the recorded skill"));
        state.Skill = skill.Skill;
        state.Count(new SkillCall(conversation, skill.Usage, skill.Problems, 0, Workflow.UtcNow));
        state.Error = skill.Problems.Count == 0 ? null : PlainText.OneLine($"The recorded skill is not valid: {string.Join("; ", skill.Problems)}", 600);
        return true;
    }

    private ArtifactRef Of(int number) => _run!.Attempts[number - 1];
}

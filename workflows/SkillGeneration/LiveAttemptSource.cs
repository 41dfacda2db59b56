using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <summary>Attempts that are made now: an agent works, its work is judged, models reflect and distill.</summary>
internal sealed class LiveAttemptSource(SkillGenerationInput input, SkillRunState state, Reflections reflections) : IAttemptSource
{
    private readonly Distillation _distillation = new(input, state);

    public async Task<TaskPackage?> OpenAsync()
    {
        if (await ReadAsync() is not { } package)
        {
            return null;
        }

        state.Task = package.Name;
        if (await HintAsync(package) is { } broken)
        {
            state.Error = broken;
            return null;
        }

        return package;
    }

    public IReadOnlyDictionary<string, string>? AgentKwargs(int number) => input.AgentKwargs;

    public Task AfterInfrastructureAsync(string words) => state.WaitAfterInfrastructureAsync(words);

    public Task<JudgeReply> JudgeAsync(int number, AttemptResult result) => state.Outages.ReadAsync(
        (IRecordActivities records) => records.JudgeAsync(new JudgeRequest(JudgedAttempt.Of(result))), $"attempt {number}: judge");

    public Task<ReflectionRecord?> ReflectAsync(TaskPackage package, AttemptResult result, AttemptRecord record, JudgeReply judged) =>
        reflections.RunAsync(package, result, record, judged);

    public Task<SkillRunStatus> DistillAsync(TaskPackage package, AttemptResult result, ArtifactRef judgment) => _distillation.RunAsync(package, result, judgment);

    private async Task<TaskPackage?> ReadAsync()
    {
        try
        {
            return await state.Outages.ReadAsync((ITaskPackageActivities packages) => packages.ReadAsync(new ReadPackageRequest(input.TaskDir)), "read the task");
        }
        catch (ActivityFailureException failure) when (ActivityFailures.TypeOf(failure) == FailureTypes.InvalidTask)
        {
            state.Error = ActivityFailures.Words(failure);
            return null;
        }
    }

    /// <summary>
    /// The verifier hint. Its guarantee needs to know what the right answer looks like, so the task's solution is run
    /// once, in a container of its own.
    /// </summary>
    /// <returns>Why the task cannot run; null when it can.</returns>
    private async Task<string?> HintAsync(TaskPackage package)
    {
        while (true)
        {
            state.Show("verifier hint");
            try
            {
                (state.Hint, state.Oracle) = await VerifierHints.MakeAsync(package, input.Limits, state.Outages);
                return null;
            }
            catch (ActivityFailureException failure) when (ActivityFailures.IsFinal(failure))
            {
                return ActivityFailures.Words(failure);
            }
            catch (ActivityFailureException failure) when (!TemporalException.IsCanceledException(failure))
            {
                await state.Control.WaitForPersonAsync("infrastructure", ActivityFailures.Words(failure));
            }
        }
    }
}

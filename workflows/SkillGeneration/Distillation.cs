using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <summary>After a pass: evidence, skill, check; asked again with the reasons where it is not valid.</summary>
internal sealed class Distillation(SkillGenerationInput input, SkillRunState state)
{
    /// <returns>Whether a valid skill came of it; otherwise the state says what was wrong.</returns>
    public async Task<bool> RunAsync(TaskPackage package, AttemptResult result, ArtifactRef judgment)
    {
        state.Show("distill");
        var prompt = await state.Outages.ReadAsync(
            (IRecordActivities records) => records.DistillAsync(new DistillRequest
            {
                Package = package,
                Result = new PassedAttempt(result.Conversation, result.Notes),
                Judgment = judgment,
                Earlier = state.Earlier,
            }),
            "evidence for the skill");
        var conversation = prompt.Conversation;
        IReadOnlyList<string> problems = [];
        for (var ask = 0; ask <= input.ReAsks; ask++)
        {
            if (ask > 0)
            {
                var (refused, why) = (conversation, problems);
                conversation = await state.Outages.ReadAsync(
                    (IRecordActivities records) => records.AskAgainAsync(new AskAgainRequest(refused, LlmPurposes.Distill, why)),
                    "say why the skill was refused");
            }

            var started = Workflow.UtcNow;
            var reply = await ModelCalls.AskAsync(
                input.SummaryModel ?? input.Model, state, LlmPurposes.Distill, conversation, 0, "distill the skill" + (ask == 0 ? "" : $", asked again ({ask})"));
            conversation = reply.Conversation;
            var check = await state.Outages.ReadAsync(
                (IRecordActivities records) => records.CheckSkillAsync(new CheckSkillRequest(reply.Conversation, package.Name)),
                "check the skill");
            problems = check.Problems;
            state.Count(new SkillCall(conversation, reply.Usage, check.Skill is null ? problems : [], Elapsed.Milliseconds(started), Workflow.UtcNow) { Evidence = prompt.Evidence });
            if (check.Skill is not null)
            {
                state.Skill = check.Skill;
                return true;
            }
        }

        state.Error = $"The skill was refused {input.ReAsks + 1} times; the last time: {string.Join("; ", problems)}";
        return false;
    }
}

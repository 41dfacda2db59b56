using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <summary>
/// After a pass: evidence, skill, check; asked again with the reasons where something is wrong with it. A pass never ends without a skill: what stays wrong is
/// kept as the best version that came, with its findings.
/// </summary>
internal sealed class Distillation(SkillGenerationInput input, SkillRunState state)
{
    /// <summary>How often a reply that was cut at its limit is continued.</summary>
    private const int Continuations = 3;

    public async Task<SkillRunStatus> RunAsync(TaskPackage package, AttemptResult result, ArtifactRef judgment)
    {
        state.Show("distill");
        var prompt = await state.Outages.ReadAsync(
            (IRecordActivities records) => records.DistillAsync(new DistillRequest
            {
                Package = package,
                Result = new PassedAttempt(result.Conversation, result.Notes),
                Judgment = judgment,
                Earlier = state.Earlier,
                Model = (input.SummaryModel ?? input.Model).Name,
                Characters = input.EvidenceCharacters,
            }),
            "evidence for the skill");
        return await RunAsync(package, prompt);
    }

    /// <summary>The same with evidence that is at hand.</summary>
    public async Task<SkillRunStatus> RunAsync(TaskPackage package, DistillPrompt prompt)
    {
        state.Show("distill");
        var conversation = prompt.Conversation;
        SkillCheck? best = null;
        IReadOnlyList<string> problems = [];
        for (var ask = 0; ask <= input.ReAsks; ask++)
        {
            if (ask > 0)
            {
                conversation = await SayAsync(conversation, problems, "say why the skill was refused");
            }

            var started = Workflow.UtcNow;
            var written = await WriteAsync(conversation, ask);
            conversation = written.Conversation;
            var check = await state.Outages.ReadAsync(
                (IRecordActivities records) => records.CheckSkillAsync(new CheckSkillRequest(written.Conversation, package.Name)
                {
                    Parts = written.Parts,
                    Cut = written.Cut,
                    Answer = state.AnswerOf(package),
                    Evidence = prompt.Evidence,
                }),
                "check the skill");
            problems = check.Problems;
            state.Count(new SkillCall(conversation, written.Usage, problems, Elapsed.Milliseconds(started), Workflow.UtcNow) { Evidence = prompt.Evidence });
            best = best is null || problems.Count <= best.Problems.Count ? check : best;
            if (problems.Count == 0)
            {
                break;
            }
        }

        return Keep(best!);
    }

    private SkillRunStatus Keep(SkillCheck best)
    {
        (state.Skill, state.SkillFiles, state.SkillNotes) = (best.Skill ?? best.Draft, best.Files, best.Notes);
        if (best.Problems.Count == 0)
        {
            return SkillRunStatus.Passed;
        }

        var problems = string.Join("; ", best.Problems);
        if (state.Skill is null)
        {
            state.Error = $"The skill was refused {input.ReAsks + 1} times; the last time: {problems}";
            return SkillRunStatus.SkillRefused;
        }

        state.Error = $"The skill needs review, after it was asked for {input.ReAsks + 1} times: {problems}";
        return SkillRunStatus.NeedsReview;
    }

    /// <summary>One version of the skill; a reply that was cut at its limit is continued.</summary>
    private async Task<Written> WriteAsync(ArtifactRef conversation, int ask)
    {
        var usage = TokenUsage.None;
        for (var part = 1; ; part++)
        {
            var reply = await ModelCalls.AskAsync(
                input.SummaryModel ?? input.Model, state, LlmPurposes.Distill, conversation, 0,
                "distill the skill" + (ask == 0 ? "" : $", asked again ({ask})") + (part == 1 ? "" : $", continued ({part - 1})"));
            usage += reply.Usage;
            var cut = reply.FinishReason == FinishReasons.Length;
            if (!cut || part > Continuations)
            {
                return new Written(reply.Conversation, usage, part, cut);
            }

            conversation = await SayAsync(reply.Conversation, [FinishReasons.Length], "ask for the rest of the skill");
        }
    }

    private Task<ArtifactRef> SayAsync(ArtifactRef conversation, IReadOnlyList<string> why, string summary) => state.Outages.ReadAsync(
        (IRecordActivities records) => records.AskAgainAsync(new AskAgainRequest(conversation, LlmPurposes.Distill, why)), summary);

    /// <param name="Conversation">With the version at its end.</param>
    /// <param name="Usage">What it cost.</param>
    /// <param name="Parts">How many replies it is in.</param>
    /// <param name="Cut">Whether the last of them was cut.</param>
    private sealed record Written(ArtifactRef Conversation, TokenUsage Usage, int Parts, bool Cut);
}

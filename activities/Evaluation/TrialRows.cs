using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Evaluation;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Evaluation;

/// <summary>Makes the rows of an evaluation's trials, however they end.</summary>
internal static class TrialRows
{
    private const int ErrorCharacters = 300;

    /// <summary>The row of a trial that was started. One that a person cancelled counts as not tried.</summary>
    /// <param name="input">The evaluation.</param>
    /// <param name="ended">How it ended.</param>
    /// <param name="skills">What its arm was given; null for nothing.</param>
    public static EvaluationTrial Of(EvaluationScope input, ItemResult ended, ArmSkills? skills)
    {
        var (model, arm) = EvaluationWindow.Of(input, ended.Item.Template!);
        var result = ended.Trial!;
        return new EvaluationTrial
        {
            Model = model,
            Task = ended.Item.Name,
            Arm = arm,
            Repeat = ended.Item.Repeat,
            Outcome = result.Outcome,
            NoVerdict = result.NoVerdict,
            Error = result.Error is { } error ? PlainText.OneLine(error, ErrorCharacters) : null,

            // A run that the infrastructure ended was paid for too.
            CostUsd = ended.CostUsd,
            Unpriced = ended.Unpriced,
            Estimated = ended.Estimated,
            WorkflowId = ended.WorkflowId,
            StartedAt = ended.StartedAt!.Value,
            FinishedAt = ended.FinishedAt!.Value,
            Reward = result.Reward,
            TestsPassed = result.TestsPassed,
            TestsTotal = result.TestsTotal,
            PromptTokens = result.Usage.PromptTokens,
            CompletionTokens = result.Usage.CompletionTokens,
            AgentMs = result.PhasesMs.Agent,
            DurationMs = result.DurationMs,
            Turns = result.Turns,
            Verdict = result.Verdict,
            VerdictWarnings = result.VerdictWarnings,
            VerdictsDiffer = result.VerdictsDiffer,
            Reruns = ended.Item.Try - 1,
            Skills = skills?.Names,
            SkillsSha256 = skills?.Tar?.Sha256,
            SkillsProblem = skills?.Problem,
            SkillsLeftOut = skills?.LeftOut,
            SkillUses = result.SkillUses,
            TrialDir = result.TrialDir is { } dir && dir.StartsWith(input.OutDir, StringComparison.Ordinal) ? dir[input.OutDir.Length..].TrimStart('/') : result.TrialDir,
        };
    }

    /// <summary>The row of a trial that lacks its skill.</summary>
    public static EvaluationTrial Skipped(EvaluationScope input, BatchItem item, string why, DateTime now)
    {
        var (model, arm) = EvaluationWindow.Of(input, item.Template!);
        return new EvaluationTrial
        {
            Model = model,
            Task = item.Name,
            Arm = arm,
            Repeat = item.Repeat,
            Outcome = Outcome.Skipped,
            Error = PlainText.OneLine(why, ErrorCharacters),
            WorkflowId = WorkflowIds.Evaluation(input.Batch, model, arm, item.Name, item.Repeat),
            StartedAt = now,
            FinishedAt = now,
        };
    }
}

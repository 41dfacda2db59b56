using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Tests.Support;

/// <summary>A made-up evaluation: three arms, four tasks, two trials each; one task is harmed, one trial is missing its skill.</summary>
internal static class Evaluations
{
    public static IReadOnlyList<EvaluationSummary> Made(params string[] models)
    {
        string[] arms = [EvaluationArm.Baseline, EvaluationArm.Generated, EvaluationArm.Human];
        List<EvaluationTrial> trials = [];
        foreach (var model in models)
        {
            for (var task = 0; task < 4; task++)
            {
                foreach (var arm in arms)
                {
                    for (var repeat = 1; repeat <= 2; repeat++)
                    {
                        trials.Add(Trial(model, task, arm, repeat));
                    }
                }
            }
        }

        return SummaryMaker.Of(
            new EvaluationHead
            {
                Run = "made-up",
                Agent = "terminal",
                Models = models,
                Arms = [.. arms.Select((arm, place) => new EvaluationArm { Name = arm, Source = (SkillSource)place, Root = place == 1 ? "/skills" : null })],
                Tasks = 4,
                Repeats = 2,
                Seed = 1,
                TimeoutMultiplier = 0.5,
                StartedAt = DateTime.UnixEpoch,
            },
            trials,
            DateTime.UnixEpoch.AddHours(1));
    }

    private static EvaluationTrial Trial(string model, int task, string arm, int repeat)
    {
        var missing = task == 3 && arm == EvaluationArm.Human;
        double reward = (task, arm) switch { (0, EvaluationArm.Baseline) => 1, (0, _) => 0, (1, _) => 0.5, (_, EvaluationArm.Baseline) => 0, _ => 1 };
        return new EvaluationTrial
        {
            Model = model,
            Task = $"task-<{task}>",
            Arm = arm,
            Repeat = repeat,
            Outcome = missing ? Outcome.Skipped : Outcomes.Of(reward, 0),
            Reward = missing ? null : reward,
            Error = missing ? "no SKILL.md in /human/task-3 | <b>" : null,
            CostUsd = missing ? 0 : 0.02 + (0.01 * arm.Length),
            PromptTokens = 1_000,
            CompletionTokens = 100,
            AgentMs = 5_000 + (100 * repeat),
            WorkflowId = $"eval/made-up/{model}/{arm}/task-{task}/{repeat}",
            StartedAt = DateTime.UnixEpoch,
            FinishedAt = DateTime.UnixEpoch.AddMinutes(5),
        };
    }
}

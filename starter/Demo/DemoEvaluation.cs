using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Starter.Eval;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Demo;

/// <summary>The sample tasks without a skill, with the one just made, and with a human one: which helps, and which harms.</summary>
internal static class DemoEvaluation
{
    public static async Task RunAsync(DemoStage stage, CancellationToken cancellationToken)
    {
        var input = new EvaluationInput
        {
            Batch = stage.Name,
            Source = new BatchSource { TasksDir = DemoSamples.TasksDir },
            Students = [new EvaluationStudent(RunSettings.Slug(stage.Model), stage.Model)],
            Arms =
            [
                new EvaluationArm { Name = EvaluationArm.Baseline },
                new EvaluationArm { Name = EvaluationArm.Generated, Source = SkillSource.Generated, Root = Path.Combine(stage.Folder, "skills_gen_result") },
                new EvaluationArm { Name = EvaluationArm.Human, Source = SkillSource.Human, Root = DemoSamples.HumanSkillsDir },
            ],
            Parallelism = 2,
            Limits = new AttemptLimits { MaxTurns = 40 },
            OutDir = stage.Folder,
        };
        stage.Output.Note($"eval/{input.Batch}: the samples without a skill, with a generated one, with a human one");
        var result = await new EvaluationStarter(stage.Session, stage.Output).EvaluateAsync(input, TaskFolders.Select(input.Source).Tasks.Count, cancellationToken);
        if (!stage.Json)
        {
            EvaluationStarter.Print(result, stage.Output);
        }

        foreach (var pair in result.Students[0].Comparisons.Where(pair => pair.Against == EvaluationArm.Baseline && pair.HarmedCount > 0))
        {
            stage.Output.Note($"The {pair.Arm} skill harms {(pair.HarmedCount == 1 ? "one task" : $"{pair.HarmedCount} tasks")}: {string.Join(", ", pair.Harmed)} does worse with it than without.");
        }
    }
}

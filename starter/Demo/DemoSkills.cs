using Spark.Temporal.Starter.Batches;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Skills;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Demo;

/// <summary>Skills for the sample tasks and for the one just made: failures, memos, interventions, passes.</summary>
internal static class DemoSkills
{
    /// <param name="stage">What the parts share.</param>
    /// <param name="made">Folder of the task just made; null where none was accepted.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The command's exit code.</returns>
    public static async Task<int> RunAsync(DemoStage stage, string? made, CancellationToken cancellationToken)
    {
        var source = new BatchSource { TasksDir = DemoSamples.TasksDir, Files = made is null ? [] : [made] };
        var template = new SkillGenerationInput
        {
            TaskDir = "",
            Batch = stage.Name,
            Model = stage.Model,
            ModelSlug = RunSettings.Slug(stage.Model),
            OutDir = stage.Folder,
            Limits = new AttemptLimits { MaxTurns = 40 },
        };
        var input = new BatchInput { Batch = stage.Name, Work = new SkillWork(template), Source = source, OutDir = stage.Folder, Parallelism = 2 };
        var following = new BatchFollowing(Detach: false, CancelOnInterrupt: true, stage.Json);
        var code = await BatchRunner.RunAsync(
            stage.Session, input, BatchWords.Of(input, TaskFolders.Select(source).Tasks.Count), following, stage.Output, cancellationToken);
        var skills = SkillFolder.Find(Path.Combine(stage.Folder, "skills_gen_result", template.ModelSlug)).Select(skill => skill.Check()).ToList();
        stage.Output.Note($"{skills.Count(skill => skill.Valid)} of {skills.Count} skills are valid by the Agent Skills specification.");
        return code;
    }
}

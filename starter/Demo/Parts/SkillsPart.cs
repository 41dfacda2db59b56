using Spark.Temporal.Starter.Commands;
using Spark.Temporal.Starter.Runs;
using Spark.Temporal.Starter.Skills;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.SkillGeneration;

namespace Spark.Temporal.Starter.Demo.Parts;

/// <summary>Skills for the sample tasks and for the one just made: failures, memos, interventions, passes.</summary>
internal static class SkillsPart
{
    /// <param name="stage">What the parts share.</param>
    /// <param name="made">Folder of the task just made; null where none was accepted.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The command's exit code.</returns>
    public static async Task<int> RunAsync(DemoStage stage, string? made, CancellationToken cancellationToken)
    {
        var tasks = TaskFolders.Select(DemoSamples.TasksDir, [], null).Concat(made is null ? [] : TaskFolders.Select(made, [], null));
        var input = new BatchInput
        {
            Batch = stage.Name,
            Items = [.. tasks.Select(task => new BatchItem(task.Name, task.Directory))],
            Template = new SkillGenerationInput
            {
                TaskDir = "",
                Batch = stage.Name,
                Model = stage.Model,
                ModelSlug = RunSettings.Slug(stage.Model),
                OutDir = stage.Folder,
                Limits = new AttemptLimits { MaxTurns = 40 },
            },
            Parallelism = 2,
        };
        var code = await SkillsRunCommand.RunAsync(stage.Session, input, detach: false, cancelOnInterrupt: true, stage.Json, stage.Output, cancellationToken);
        var skills = SkillFolder.Find(Path.Combine(stage.Folder, "skills_gen_result", input.Template.ModelSlug)).Select(skill => skill.Check()).ToList();
        stage.Output.Note($"{skills.Count(skill => skill.Valid)} of {skills.Count} skills are valid by the Agent Skills specification.");
        return code;
    }
}

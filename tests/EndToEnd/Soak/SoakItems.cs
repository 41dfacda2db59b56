using Spark.Temporal.Starter.Demo;
using Spark.Temporal.Tests.EndToEnd.Bench;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.EndToEnd.Soak;

/// <summary>
/// What a soak's items are: skill runs of at most two attempts, two model calls and a command each. Of ten, seven pass at
/// once, two after a reflection, and one never; what passes is distilled into a skill of its own. So each of them says by its
/// name what it comes to where nothing disturbs it.
/// </summary>
internal static class SoakItems
{
    private const int MaxAttempts = 2;

    /// <summary>A host that answers late because the machine is busy is not one that is gone.</summary>
    private static AttemptLimits Patient => new() { HostAwaySec = 900, WaitUnitSec = 1, ModelTries = 2 };

    public static BatchWork Work(string outDir) => new SkillWork(
        new SkillGenerationInput { TaskDir = "", Batch = "", ModelSlug = "scripted", OutDir = outDir, MaxAttempts = MaxAttempts, Limits = Patient });

    /// <summary>Name of a task by its number, from 1; names sort by number.</summary>
    public static string Name(int number) => $"item-{number:0000}-{(number % 10) switch { 0 => NoOpSandbox.Never, 3 or 7 => NoOpSandbox.Twice, _ => NoOpSandbox.Once }}";

    /// <summary>A model with a script for each of so many items: a skill must have the name of its task.</summary>
    public static ScriptedModelServer StartModel(string folder, int items, int port = 0)
    {
        var script = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Soak", "Scripts", "task.yaml"));
        if (Directory.Exists(folder))
        {
            return ScriptedModelServer.Start(folder, port, delay: TimeSpan.FromMilliseconds(100));
        }

        Directory.CreateDirectory(folder);
        foreach (var task in Enumerable.Range(1, items).Select(Name))
        {
            File.WriteAllText(Path.Combine(folder, $"{task}.yaml"), script.Replace("TASK", task, StringComparison.Ordinal));
        }

        return ScriptedModelServer.Start(folder, port, delay: TimeSpan.FromMilliseconds(100));
    }

    /// <summary>Whether a result is the one that its item comes to undisturbed.</summary>
    public static bool AsUndisturbed(ItemResult result) =>
        result.Item.Name == Name(result.Item.Number)
        && result.Skill is { InfrastructureFailures: 0 } skill && skill.ModelCalls == ModelCalls(result)
        && (NoOpSandbox.AttemptsOf(result.WorkflowId) is { } passing
            ? result.State == ItemState.Passed && skill.Status == SkillRunStatus.Passed && skill.Attempts == passing && HasSkill(result.Item, skill)
            : result.State == ItemState.Failed && skill.Status == SkillRunStatus.Exhausted && skill.Attempts == MaxAttempts && skill.SkillPath is null);

    /// <summary>Model calls of an item undisturbed: two for an attempt, one for a reflection on one that failed, one for the skill.</summary>
    public static int ModelCalls(ItemResult result) => NoOpSandbox.AttemptsOf(result.WorkflowId) is { } passing ? (3 * passing) : 3 * MaxAttempts;

    private static bool HasSkill(BatchItem item, SkillGenerationResult skill) =>
        skill.SkillPath is { } path && File.Exists(path) && File.ReadAllText(path).Contains(item.Name, StringComparison.Ordinal);
}

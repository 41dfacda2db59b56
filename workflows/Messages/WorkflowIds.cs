using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>Workflow ids (docs/architecture.md, "Workflow ids"). Parts are slugs.</summary>
public static class WorkflowIds
{
    public static string Batch(string batch) => $"batch/{PlainText.Slug(batch)}";

    public static string Skill(string batch, string model, string task) =>
        $"skill/{PlainText.Slug(batch)}/{PlainText.Slug(model)}/{PlainText.Slug(task)}";

    public static string Construction(string batch, string task) => $"task/{PlainText.Slug(batch)}/{PlainText.Slug(task)}";

    public static string Family(string batch, string task) => $"family/{PlainText.Slug(batch)}/{PlainText.Slug(task)}";

    public static string Proof(string batch, string task) => $"proof/{PlainText.Slug(batch)}/{PlainText.Slug(task)}";

    /// <summary>The evaluation as a whole.</summary>
    public static string Evaluation(string batch) => $"eval/{PlainText.Slug(batch)}";

    public static string Evaluation(string batch, string model, string arm, string task, int repeat) =>
        $"eval/{PlainText.Slug(batch)}/{PlainText.Slug(model)}/{PlainText.Slug(arm)}/{PlainText.Slug(task)}/{repeat}";

    /// <summary>The run of an item.</summary>
    public static string Item(string batch, BatchWork work, BatchItem item) => work switch
    {
        SkillWork { Run: var skill } => Skill(batch, skill.ModelSlug, item.Name),
        ConstructionWork => Construction(batch, item.Name),
        TrialWork { Trials: var trials } when trials.First(trial => trial.Key == item.Template) is var trial => Evaluation(batch, trial.ModelSlug, trial.Input.Arm, item.Name, item.Repeat),
        _ => throw new NotSupportedException($"{work.GetType().Name} has no runs."),
    };

    /// <summary>A run that goes on from another's past, numbered from 1.</summary>
    public static string Fork(string run, int number) => $"{Forks(run)}{number}";

    /// <summary>What the ids of all forks of a run start with.</summary>
    public static string Forks(string run) => $"{run}/fork-";

    /// <summary>What is tried before a run of the name starts.</summary>
    public static string Preflight(string batch) => $"preflight/{PlainText.Slug(batch)}";

    public static string Export(string run, string part) => $"export/{run}/{part}";
}

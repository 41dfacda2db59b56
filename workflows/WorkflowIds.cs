using Spark.Temporal.Workflows.Domain;

namespace Spark.Temporal.Workflows;

/// <summary>Workflow ids (DESIGN section 3). Parts are slugs.</summary>
public static class WorkflowIds
{
    public static string Batch(string batch) => $"batch/{Text.Slug(batch)}";

    public static string Skill(string batch, string model, string task) =>
        $"skill/{Text.Slug(batch)}/{Text.Slug(model)}/{Text.Slug(task)}";

    public static string Construction(string batch, string task) => $"task/{Text.Slug(batch)}/{Text.Slug(task)}";

    public static string Family(string batch, string task) => $"family/{Text.Slug(batch)}/{Text.Slug(task)}";

    public static string Proof(string batch, string task) => $"proof/{Text.Slug(batch)}/{Text.Slug(task)}";

    /// <summary>The evaluation as a whole.</summary>
    public static string Evaluation(string batch) => $"eval/{Text.Slug(batch)}";

    public static string Evaluation(string batch, string model, string arm, string task, int repeat) =>
        $"eval/{Text.Slug(batch)}/{Text.Slug(model)}/{Text.Slug(arm)}/{Text.Slug(task)}/{repeat}";

    /// <summary>A run that goes on from another's past, numbered from 1.</summary>
    public static string Fork(string run, int number) => $"{Forks(run)}{number}";

    /// <summary>What the ids of all forks of a run start with.</summary>
    public static string Forks(string run) => $"{run}/fork-";

    public static string Export(string run, string part) => $"export/{run}/{part}";
}

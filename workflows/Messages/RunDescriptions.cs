namespace Spark.Temporal.Workflows.Messages;

/// <summary>What a run is, in Markdown, for the static details that whoever starts it gives it.</summary>
public static class RunDescriptions
{
    /// <summary>Ends a text: the web UI cuts off the last paragraph, so the last one is empty.</summary>
    public const string Foot = "\n\n\u00a0\n\n\u00a0";

    /// <summary>What a skill run does.</summary>
    public static string Of(SkillGenerationInput run) =>
        $"Agent `{run.Agent}` with model `{run.ModelSlug}` works on the task `{run.TaskDir}` in a container until the task's verifier passes it. After each failure a memo "
        + "of verified facts is rewritten for the next attempt; an index (PDI) says when attempts repeat plans instead, and the next one is steered. After "
        + $"the pass, what was verified becomes a `SKILL.md`.\n\nResults: `{run.OutDir}`{Foot}";

    /// <summary>What a construction does.</summary>
    public static string Of(ConstructionInput run) =>
        $"Model `{run.ModelSlug}` makes a task of the prompt `{run.PromptFile}`: a blueprint, criticised by rules and by the model, repaired where it must be, rendered as a "
        + $"Harbor task, and accepted only if it is proven: its solution passes twice, doing nothing and wrong answers do not.\n\nResults: `{run.OutDir}/generated_tasks`{Foot}";

    /// <summary>What a proof does.</summary>
    public static string Of(ProofInput run) =>
        $"Proves the task `{run.TaskDir}`: its own solution passes, twice in fresh containers; doing nothing and wrong answers do not; its data and its verdicts "
        + $"are the same each time.{Foot}";
}

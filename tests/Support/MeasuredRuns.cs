using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Support;

/// <summary>Runs with everything at its limit, whose histories are measured.</summary>
internal static class MeasuredRuns
{
    private const string TaskDir = "/home/somebody/benchmarks/terminal-tasks/a-task-with-a-rather-long-name";

    /// <summary>Starts one attempt with this many turns, every one of them a model call and a command.</summary>
    public static async Task<WorkflowHandle<AttemptWorkflow, AttemptResult>> AttemptAsync(FakeDeployment deployment, int turns)
    {
        await FullSize.ApplyAsync(deployment.World, deployment.Store, turns);
        var input = new AttemptInput
        {
            TaskDir = TaskDir,
            Agent = AgentNames.Terminal,
            Model = new ModelChoice("default", "some-vendor/some-model-name-2026-01-31"),
            OutDir = deployment.OutDir,
            Limits = new AttemptLimits { MaxTurns = turns + 1 },
        };
        return await deployment.Client.StartWorkflowAsync(
            (AttemptWorkflow attempt) => attempt.RunAsync(input), deployment.Options("skill/a-batch/some-model/a-task-with-a-rather-long-name/attempt-1"));
    }

    /// <summary>Starts a skill run in which every attempt fails.</summary>
    /// <param name="deployment">Where it runs.</param>
    /// <param name="attempts">How many.</param>
    /// <param name="refused">Whether each memo is refused twice before one is good.</param>
    public static async Task<WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>> SkillRunAsync(
        FakeDeployment deployment, int attempts, bool refused)
    {
        await FullSize.ApplyAsync(deployment.World, deployment.Store, turns: 5);
        if (refused)
        {
            var reply = deployment.World.Reply;
            deployment.World.Reply = (purpose, call, request) =>
                purpose == LlmPurposes.Reflect && call % 3 != 0 ? FullSize.RefusedMemo(call) : reply(purpose, call, request);
        }

        var input = new SkillGenerationInput
        {
            TaskDir = TaskDir,
            Batch = "a-batch",
            ModelSlug = "some-model",
            Model = new ModelChoice("default", "some-vendor/some-model-name-2026-01-31"),
            MaxAttempts = attempts,
            OutDir = deployment.OutDir,
        };
        return await deployment.Client.StartWorkflowAsync(
            (SkillGenerationWorkflow run) => run.RunAsync(input), deployment.Options("skill/a-batch/some-model/a-task-with-a-rather-long-name"));
    }
}

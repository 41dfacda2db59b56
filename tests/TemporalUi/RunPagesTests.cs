using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;

namespace Spark.Temporal.Tests.TemporalUi;

/// <summary>What a person sees who opens a run in Temporal's web UI and knows nothing of this project.</summary>
[Category("Server")]
[Category("Slow")]
public sealed class RunPagesTests
{
    [Test]
    public async Task The_timeline_says_what_each_step_was()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = (purpose, _, _) => purpose == LlmPurposes.Distill ? Memos.Skill : "I looked at it.";
        var run = await deployment.Client.StartWorkflowAsync(
            (SkillGenerationWorkflow workflow) => workflow.RunAsync(new SkillGenerationInput
            {
                TaskDir = "/tasks/answer",
                Batch = "night",
                ModelSlug = "fake",
                OutDir = deployment.OutDir,
                Limits = new AttemptLimits { HostAwaySec = 2 },
            }),
            deployment.Options("skill"));
        await run.GetResultAsync();

        await using var tab = await Browser.OpenAsync();
        await tab.GoAsync($"{await TemporalServer.UiAddressAsync()}/namespaces/{deployment.Client.Options.Namespace}/workflows/{Uri.EscapeDataString(run.Id)}");

        await tab.SeesAsync("attempt 1 of answer");
        await tab.SeesAsync("verifier hint: what the right answer looks like");
        await tab.ShootAsync("run-finished");
    }
}

using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Starter.RunState;

/// <summary>What a plan says of its cost.</summary>
[Category("Server")]
public sealed class PastCostsTests
{
    [Test]
    public async Task A_plan_estimates_from_past_runs_of_the_model_and_names_the_most_that_budgets_allow()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var model = $"m{Guid.NewGuid():n}"[..16];
        deployment.World.CostPerCall = 0.5;
        deployment.World.Reply = (purpose, _, _) => purpose == LlmPurposes.Distill ? Memos.Skill : "Done.";
        var options = deployment.Options("skill");
        options.TypedSearchAttributes = SearchAttributes.Started("batch", "answer", model);
        await deployment.Client.ExecuteWorkflowAsync(
            (SkillGenerationWorkflow workflow) => workflow.RunAsync(new SkillGenerationInput
            {
                TaskDir = "/tasks/answer", Batch = "batch", ModelSlug = model, OutDir = deployment.OutDir,
            }),
            options);
        var tasks = Path.Combine(Path.GetDirectoryName(SparkProcess.Program)!, "samples", "tasks");
        string[] plan = ["skills", "run", "--tasks-dir", tasks, "--limit", "2", "--model", model, "--dry-run"];

        JsonElement cost = default;
        await Eventually.IsTrueAsync(
            async () => (cost = JsonDocument.Parse((await SparkAsync([.. plan, "--budget-usd", "3", "--json"])).Output).RootElement.GetProperty("estimated_cost"))
                .GetProperty("past_runs").GetInt32() == 1,
            "the past run is known");
        var told = await SparkAsync(plan);

        Assert.Multiple(() =>
        {
            Assert.That(cost.GetProperty("per_item_usd").GetDouble(), Is.EqualTo(1));
            Assert.That(cost.GetProperty("total_usd").GetDouble(), Is.EqualTo(2));
            Assert.That(cost.GetProperty("most_usd").GetDouble(), Is.EqualTo(6));
            Assert.That(told.Error, Does.Contain("Estimated cost $2.00: 1 past runs with this model cost $1.00 on average. Nothing was started."));
        });
    }

    private static async Task<(int ExitCode, string Output, string Error)> SparkAsync(string[] arguments) =>
        await SparkProcess.RunAsync(arguments, null, await TemporalServer.VariablesAsync());
}

using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Runs;

/// <summary>A model without a price costs nothing that anybody knows: that is said wherever a cost is shown.</summary>
[Category("Server")]
public sealed class UnpricedRunsTests
{
    [Test]
    public async Task What_nobody_knows_is_never_shown_as_nothing()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.CostPerCall = 0;
        deployment.World.Tokens = new TokenUsage(100, 10) { Unpriced = true };
        var name = PlainText.Slug($"{deployment.Prefix}batch");

        var table = await SparkAsync(deployment, ["skills", "run", "--tasks-dir", BatchFiles.Tasks(Path.Combine(deployment.OutDir, "tasks"), "one"), "--out", deployment.OutDir, "--model", "gpt", "--batch", name]);
        var run = $"skill/{name}/gpt/one";
        var shown = await SparkAsync(deployment, ["runs", "show", run]);
        var line = JsonDocument.Parse((await SparkAsync(deployment, ["runs", "show", run, "--json"])).Output).RootElement.GetProperty("run");
        var listed = await SparkAsync(deployment, ["runs", "list", "--query", $"SparkBatch = '{name}' AND WorkflowType = 'SkillGenerationWorkflow'"]);
        var differences = await SparkAsync(deployment, ["runs", "diff", run, run]);
        var machine = await SparkAsync(deployment, ["runs", "diff", run, run, "--json"]);

        Assert.Multiple(() =>
        {
            foreach (var (_, output, error) in new[] { table, shown, listed, differences })
            {
                Assert.That(output, Does.Contain("unpriced").And.Not.Contain("$0.00"), error);
            }

            Assert.That(line.TryGetProperty("cost_usd", out _), Is.False);
            Assert.That(line.GetProperty("unpriced").GetBoolean(), Is.True);
            var side = JsonDocument.Parse(machine.Output).RootElement.GetProperty("a");
            Assert.That((side.GetProperty("cost_usd").ValueKind, side.GetProperty("unpriced").GetBoolean()), Is.EqualTo((JsonValueKind.Null, true)));
            foreach (var file in new[] { "results.jsonl", "summary.json" })
            {
                var written = JsonDocument.Parse(File.ReadAllText(Path.Combine(deployment.OutDir, "batches", name, file))).RootElement;
                Assert.That((written.GetProperty("cost_usd").ValueKind, written.GetProperty("unpriced").GetBoolean()), Is.EqualTo((JsonValueKind.Null, true)), file);
            }
        });
    }

    [Test]
    public async Task A_price_of_nothing_is_shown_as_such()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.CostPerCall = 0;
        var name = PlainText.Slug($"{deployment.Prefix}batch");

        var table = await SparkAsync(deployment, ["skills", "run", "--tasks-dir", BatchFiles.Tasks(Path.Combine(deployment.OutDir, "tasks"), "one"), "--out", deployment.OutDir, "--model", "gpt", "--batch", name]);

        Assert.That(table.Output, Does.Contain("$0.00").And.Not.Contain("unpriced"), table.Error);
    }

    private static async Task<(int ExitCode, string Output, string Error)> SparkAsync(FakeDeployment deployment, string[] arguments)
    {
        var variables = await TemporalServer.VariablesAsync();
        variables["SPARK_QUEUE_PREFIX"] = deployment.Prefix;
        return await SparkProcess.RunAsync(arguments, null, variables);
    }
}

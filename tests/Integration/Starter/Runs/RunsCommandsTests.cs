using System.Text.Json;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;
using Temporalio.Common;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace Spark.Temporal.Tests.Starter.Runs;

[Category("Server")]
public sealed class RunsCommandsTests
{
    [Test]
    public async Task Lists_newest_first_by_search_attributes()
    {
        var batch = $"b{Guid.NewGuid():n}";
        var older = await StartAsync(batch, "older");
        var newer = await StartAsync(batch, "newer");
        JsonElement listed = default;
        await Eventually.IsTrueAsync(
            async () => (listed = await JsonAsync("runs", "list", "--query", $"SparkBatch = '{batch}'", "--json")).GetArrayLength() == 2, "both are listed");

        Assert.That(listed.EnumerateArray().Select(run => run.GetProperty("id").GetString()), Is.EqualTo(new[] { newer.Id, older.Id }));
        Assert.That(listed[1].GetProperty("task").GetString(), Is.EqualTo("older"));
        Assert.That((await JsonAsync("runs", "list", "--query", $"SparkBatch = '{batch}'", "--limit", "1", "--json")).GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task Shows_watches_and_cancels_a_run()
    {
        var client = await TemporalServer.ClientAsync();
        using var worker = new TemporalWorker(client, new TemporalWorkerOptions("runs-commands").AddWorkflow<WaitingWorkflow>());
        await worker.ExecuteAsync(async () =>
        {
            var run = await StartAsync($"b{Guid.NewGuid():n}", "waits");
            var shown = await RunAsync("runs", "show", run.Id);
            Assert.That(shown.Output, Does.Contain("waits for ever").And.Contains("child      "), shown.Error);

            var cancelled = await JsonAsync("runs", "cancel", run.Id, "--json");
            Assert.That(cancelled.GetProperty("status").GetString(), Is.EqualTo("canceled"));

            var watched = await RunAsync("runs", "watch", run.Id);
            Assert.That((watched.ExitCode, watched.Output.Trim()), Is.EqualTo((3, $"{run.Id}  cancelled")));

            var twice = await RunAsync("runs", "cancel", run.Id);
            Assert.That((twice.ExitCode, twice.Error), Is.EqualTo((1, $"spark: run '{run.Id}' is not running: canceled\n")));
        });
    }

    [TestCase(1, "there is no run 'nothing'", "runs", "show", "nothing")]
    [TestCase(1, "there is no run 'nothing'", "runs", "watch", "nothing")]
    [TestCase(1, "there is no run 'nothing'", "runs", "cancel", "nothing")]
    [TestCase(2, "--query is refused", "runs", "list", "--query", "NoSuchAttribute = 1")]
    [TestCase(2, "--limit is a whole number from 1 on", "runs", "list", "--limit", "0")]
    [TestCase(2, "ID is missing", "runs", "show")]
    public async Task Says_what_is_wrong(int exitCode, string message, params string[] arguments)
    {
        var (code, output, error) = await RunAsync([.. arguments, "--json"]);

        Assert.That(code, Is.EqualTo(exitCode), error);
        Assert.That(error, Does.StartWith("spark: ").And.Contains(message));
        Assert.That(JsonDocument.Parse(output).RootElement.GetProperty("error").GetProperty("exit_code").GetInt32(), Is.EqualTo(exitCode));
    }

    [Test]
    public async Task Says_that_no_server_answers()
    {
        var (code, _, error) = await SparkProcess.RunAsync(["runs", "list"], null, new Dictionary<string, string> { ["TEMPORAL_ADDRESS"] = "127.0.0.1:9" });

        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.StartWith("spark: no Temporal server answers at 127.0.0.1:9").And.Contains("TEMPORAL_ADDRESS"));
    }

    private static async Task<WorkflowHandle> StartAsync(string batch, string task)
    {
        var client = await TemporalServer.ClientAsync();
        return await client.StartWorkflowAsync(
            (WaitingWorkflow w) => w.RunAsync(),
            new($"runs-{batch}-{task}", "runs-commands")
            {
                StaticSummary = "waits for ever",
                TypedSearchAttributes = new SearchAttributeCollection.Builder()
                    .Set(SearchAttributes.Batch, batch).Set(SearchAttributes.Task, task).ToSearchAttributeCollection(),
            });
    }

    private static async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync(arguments);
        Assert.That(code, Is.EqualTo(0), error);
        return JsonDocument.Parse(output).RootElement;
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) =>
        await SparkProcess.RunAsync(arguments, null, await TemporalServer.VariablesAsync());

    [Workflow]
    public class WaitingWorkflow
    {
        [WorkflowRun]
        public async Task RunAsync()
        {
            Workflow.CurrentDetails = "Waiting.";
            if (Workflow.Info.Parent is null)
            {
                await Workflow.StartChildWorkflowAsync((WaitingWorkflow w) => w.RunAsync(), new() { Id = $"{Workflow.Info.WorkflowId}/child" });
            }

            await Workflow.WaitConditionAsync(() => false);
        }
    }
}

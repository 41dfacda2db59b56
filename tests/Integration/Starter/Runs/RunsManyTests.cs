using System.Text.Json;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Common;
using Temporalio.Worker;
using Temporalio.Workflows;
using Attributes = Spark.Temporal.Workflows.Messages.SearchAttributes;

namespace Spark.Temporal.Tests.Starter.Runs;

/// <summary>Commands that steer any number of runs, and lists of runs that are closed.</summary>
[Category("Server")]
public sealed class RunsManyTests
{
    private const string Prefix = "runs-many-";
    private const string Queue = $"{Prefix}{TaskQueues.Workflows}";

    [Test]
    public async Task Ids_batches_and_queries_choose_runs_and_waiting_keeps_those_that_wait()
    {
        var client = await TemporalServer.ClientAsync();
        var batch = $"b{Guid.NewGuid():n}"[..16];
        using var worker = Worker(client);
        await worker.ExecuteAsync(async () =>
        {
            var runs = new[]
            {
                await StartAsync(batch, "endpoint", RunStates.ModelEndpoint), await StartAsync(batch, "engine", RunStates.Engine), await StartAsync(batch, "runs", RunStates.Running),
                await StartAsync(batch, "stopped", RunStates.Paused),
            };
            await Eventually.IsTrueAsync(async () => (await client.CountWorkflowsAsync($"SparkBatch = '{batch}' AND SparkState STARTS_WITH 'waiting'")).Count == 2, "they are listed");

            var planned = await RunAsync("runs", "resume", "--batch", batch, "--waiting", "--dry-run", "--json");
            var paused = await RunAsync("runs", "pause", runs[0].Id, runs[2].Id);
            var resumed = await RunAsync("runs", "resume", "--query", $"SparkBatch = '{batch}' AND SparkState = '{RunStates.Engine}'");
            var all = await RunAsync("runs", "resume", "--batch", batch, "--json");
            var skipped = await RunAsync("runs", "resume", runs[2].Id, runs[1].Id, "--waiting");
            var cancelled = await RunAsync("runs", "cancel", "--batch", batch, "--json");

            Assert.Multiple(() =>
            {
                Assert.That(planned.ExitCode, Is.Zero, planned.Error);
                Assert.That(Entries(planned.Output), Is.EqualTo(new[] { (runs[0].Id, false, RunStates.ModelEndpoint), (runs[1].Id, false, RunStates.Engine) }));
                Assert.That((paused.ExitCode, paused.Output), Is.EqualTo((0, $"{runs[0].Id}  Pause accepted\n{runs[2].Id}  Pause accepted\n")), paused.Error);
                Assert.That((resumed.ExitCode, resumed.Output), Is.EqualTo((0, $"{runs[1].Id}  Resume accepted\n")), resumed.Error);
                Assert.That(Entries(all.Output).Select(entry => entry.Id), Is.EquivalentTo(runs.Select(run => run.Id)), "no batch is open, so all of its runs");
                Assert.That(skipped.Error, Does.Contain($"{runs[2].Id} does not wait: running\n"));
                Assert.That(Entries(cancelled.Output).Select(entry => (entry.Accepted, entry.State)), Is.All.EqualTo((true, "cancelled")), cancelled.Error);
                Assert.That(cancelled.ExitCode, Is.Zero);
            });
        });
    }

    [Test]
    public async Task One_that_refuses_does_not_keep_the_others_from_it()
    {
        var client = await TemporalServer.ClientAsync();
        var batch = $"b{Guid.NewGuid():n}"[..16];
        using var worker = Worker(client);
        await worker.ExecuteAsync(async () =>
        {
            var (good, closed) = (await StartAsync(batch, "good", RunStates.Running), await StartAsync(batch, "closed", RunStates.Running));
            await closed.TerminateAsync();

            var (code, output, error) = await RunAsync("runs", "pause", closed.Id, good.Id);
            var unknown = await RunAsync("runs", "pause", good.Id, "nothing");
            var none = await RunAsync("runs", "pause");
            var wrong = await RunAsync("runs", "pause", "--batch", "no-such-batch");

            Assert.Multiple(() =>
            {
                Assert.That((code, output), Is.EqualTo((3, $"{closed.Id}  Pause refused: run '{closed.Id}' is closed: terminated; Pause needs an open run\n{good.Id}  Pause accepted\n")), error);
                Assert.That((unknown.ExitCode, unknown.Error), Is.EqualTo((1, "spark: there is no run 'nothing'; 'spark runs list' shows all\n")));
                Assert.That((none.ExitCode, none.Error), Is.EqualTo((2, "spark: name the runs: ID..., --batch NAME, --query QUERY or --waiting\n")));
                Assert.That((wrong.ExitCode, wrong.Error), Is.EqualTo((1, "spark: --batch no-such-batch: no batch, evaluation or run of this name is open; 'spark runs list' shows all\n")));
            });
            await good.TerminateAsync();
        });
    }

    [Test]
    public async Task A_terminated_run_is_terminated_wherever_it_is_shown()
    {
        var client = await TemporalServer.ClientAsync();
        var batch = $"b{Guid.NewGuid():n}"[..16];
        using var worker = Worker(client);
        await worker.ExecuteAsync(async () =>
        {
            var run = await StartAsync(batch, "ended", RunStates.Running);
            await run.TerminateAsync();
            await Eventually.IsTrueAsync(async () => (await client.CountWorkflowsAsync($"SparkBatch = '{batch}' AND ExecutionStatus = 'Terminated'")).Count == 1, "it is listed");

            var listed = await RunAsync("runs", "list", "--query", $"SparkBatch = '{batch}'");
            var json = await RunAsync("runs", "list", "--query", $"SparkBatch = '{batch}'", "--json");
            var shown = await RunAsync("runs", "show", run.Id);
            var watched = await RunAsync("runs", "watch", run.Id);

            Assert.Multiple(() =>
            {
                Assert.That(listed.Output, Does.Contain("\tterminated\t").And.Not.Contain("running"));
                Assert.That(JsonDocument.Parse(json.Output).RootElement[0].GetProperty("state").GetString(), Is.EqualTo("terminated"));
                Assert.That(shown.Output, Does.StartWith($"{run.Id}  Steered, terminated\n"));
                Assert.That((watched.ExitCode, watched.Output), Is.EqualTo((3, $"{run.Id}  terminated\n")));
            });
        });
    }

    [Test]
    public async Task A_step_that_a_person_paused_names_who_and_how_to_go_on_and_one_that_is_retried_says_when()
    {
        var client = await TemporalServer.ClientAsync();
        var batch = $"b{Guid.NewGuid():n}"[..16];
        using var worker = Worker(client);
        await worker.ExecuteAsync(async () =>
        {
            var run = await StartAsync(batch, "retries", RunStates.Running, activity: true);
            await Eventually.IsTrueAsync(async () => (await RunAsync("runs", "show", run.Id)).Output.Contains("tried again in", StringComparison.Ordinal), "it fails");
            var retried = await RunAsync("runs", "show", run.Id);
            var step = (await PendingActivities.OfAsync(client, run.Id)).Single();
            await client.WorkflowService.PauseActivityAsync(new()
            {
                Namespace = client.Options.Namespace, Execution = new() { WorkflowId = run.Id }, Id = step.ActivityId, Identity = "ann@host", Reason = "the key is being changed",
            });
            var paused = await RunAsync("runs", "show", run.Id, "--json");
            await run.TerminateAsync();

            var words = JsonDocument.Parse(paused.Output).RootElement.GetProperty("pending")[0].GetString();
            Assert.That(retried.Output, Does.Match(@"in flight   Fails, attempt \d+: the endpoint is away; tried again in \d+ s"));
            Assert.That(words, Does.Match(@"^Fails, attempt \d+: the endpoint is away; paused by ann@host since .*Z \(the key is being changed\); go on with: temporal activity unpause --workflow-id .* --activity-id 1$"));
        });
    }

    private static IReadOnlyList<(string Id, bool Accepted, string? State)> Entries(string json) =>
        [.. JsonDocument.Parse(json).RootElement.EnumerateArray().Select(entry => (
            entry.GetProperty("id").GetString()!, entry.GetProperty("accepted").GetBoolean(), entry.TryGetProperty("state", out var state) ? state.GetString() : null))];

    private static TemporalWorker Worker(ITemporalClient client) =>
        new(client, new TemporalWorkerOptions(Queue).AddWorkflow<SteeredWorkflow>().AddActivity(Fails));

    [Activity]
    private static void Fails() => throw new InvalidOperationException("the endpoint is away");

    private static async Task<WorkflowHandle> StartAsync(string batch, string task, string state, bool activity = false) =>
        await (await TemporalServer.ClientAsync()).StartWorkflowAsync((SteeredWorkflow run) => run.RunAsync(state, activity), new($"many-{batch}-{task}", Queue)
        {
            TypedSearchAttributes = new SearchAttributeCollection.Builder().Set(Attributes.Batch, batch).ToSearchAttributeCollection(),
        });

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var variables = await TemporalServer.VariablesAsync();
        variables["SPARK_QUEUE_PREFIX"] = Prefix;
        return await SparkProcess.RunAsync(arguments, null, variables);
    }

    [Workflow]
    public class SteeredWorkflow
    {
        [WorkflowRun]
        public async Task RunAsync(string state, bool activity)
        {
            Workflow.UpsertTypedSearchAttributes(Attributes.State.ValueSet(state));
            if (activity)
            {
                await Workflow.ExecuteActivityAsync("Fails", [], new() { StartToCloseTimeout = TimeSpan.FromMinutes(1), RetryPolicy = new RetryPolicy { InitialInterval = TimeSpan.FromMinutes(5) } });
            }

            await Workflow.WaitConditionAsync(() => false);
        }

        [WorkflowUpdate]
        public Task PauseAsync() => Task.CompletedTask;

        [WorkflowUpdate]
        public Task ResumeAsync() => Task.CompletedTask;
    }
}

using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workers;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;
using Temporalio.Exceptions;
using Temporalio.Extensions.Hosting;
using Temporalio.Workflows;

namespace Spark.Temporal.Tests.Workers;

[Category("Server")]
public sealed class WorkerRegistrationTests
{
    [Test]
    public async Task Runs_activities_whose_attributes_stand_on_the_interface_only()
    {
        using var folder = new TemporaryFolder();
        var client = await TemporalServer.NewNamespaceAsync();
        var calls = new CountingModel();
        var builder = Builder(folder, client);
        builder.Services.AddSingleton<ILlmActivities>(calls);
        builder.Services.AddHostedTemporalWorker("probe").AddWorkflow<ProbeWorkflow>();
        using var host = builder.Build();
        await host.StartAsync();

        var answer = await client.ExecuteWorkflowAsync((ProbeWorkflow w) => w.RunAsync(), new($"probe-{Guid.NewGuid()}", "probe"));
        await host.StopAsync();

        Assert.That(answer, Is.EqualTo("said once"));
        Assert.That(calls.Count, Is.EqualTo(1));
    }

    [Test]
    public async Task Is_healthy_once_every_queue_is_polled()
    {
        using var folder = new TemporaryFolder();
        var client = await TemporalServer.NewNamespaceAsync();
        var port = DevServer.FreePort();
        var builder = Builder(folder, client, KeyValuePair.Create("Worker:HealthPort", (string?)$"{port}"));
        using var host = builder.Build();
        await host.StartAsync();

        using var http = new HttpClient();
        JsonElement health = default;
        await Eventually.PassesAsync(async () =>
        {
            using var answer = await http.GetAsync($"http://127.0.0.1:{port}/health");
            var text = await answer.Content.ReadAsStringAsync();
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), text);
            health = JsonDocument.Parse(text).RootElement;
        });
        var queues = health.GetProperty("queues").EnumerateArray().Select(queue => queue.GetProperty("queue").GetString());
        using var unknown = await http.GetAsync($"http://127.0.0.1:{port}/else");
        await host.StopAsync();

        Assert.That(queues, Is.EquivalentTo(new[] { TaskQueues.Workflows, TaskQueues.Sandbox, "sandbox-here", "llm-default", "llm-fast" }));
        Assert.That(unknown.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task On_every_queue_a_store_that_is_away_is_typed_and_names_its_path()
    {
        using var folder = new TemporaryFolder();
        var client = await TemporalServer.NewNamespaceAsync();
        folder.Write("artifacts", "a file where a folder should be");
        var builder = Builder(folder, client);
        builder.Services.AddHostedTemporalWorker("probe").AddWorkflow<FaultsWorkflow>();
        using var host = builder.Build();
        await host.StartAsync();

        var failures = await client.ExecuteWorkflowAsync((FaultsWorkflow w) => w.RunAsync(), new($"faults-{Guid.NewGuid()}", "probe"));
        await host.StopAsync();

        Assert.That(failures, Has.Count.EqualTo(3).And.All.StartsWith($"{FailureTypes.ResultsUnavailable} True"));
        Assert.That(failures, Is.All.Contains(folder["artifacts"]).And.All.Contains("mounted"));
    }

    private static HostApplicationBuilder Builder(TemporaryFolder folder, ITemporalClient client, params KeyValuePair<string, string?>[] more)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("Worker:StateFolder", folder["state"]),
            new("Worker:ArtifactFolder", folder["artifacts"]),
            new("Worker:HostName", "here"),
            new("Worker:GracefulShutdownSec", "1"),
            new("Llm:Profiles:fast:BaseUrl", "http://127.0.0.1:9/v1"),
            .. more,
        ]).Build();
        builder.Services.AddSingleton(client);
        builder.Services.AddSparkWorkers(configuration);
        return builder;
    }

    private sealed class CountingModel : ILlmActivities
    {
        private int _count;

        public int Count => _count;

        public Task<LlmReply> CompleteAsync(LlmRequest request)
        {
            Interlocked.Increment(ref _count);
            return Task.FromResult(new LlmReply { Conversation = request.Conversation, Text = "said once", Usage = TokenUsage.None });
        }

        public Task<ModelDescription> DescribeAsync(ModelDescriptionRequest request) => throw new NotSupportedException();

        public Task<ModelTest> TestAsync(ModelChoice model) => throw new NotSupportedException();

        public Task<ModelProbe> ProbeAsync(ModelChoice model) => Task.FromResult(new ModelProbe(model.Name ?? "", "", 0));
    }

    [Workflow]
    public class ProbeWorkflow
    {
        [WorkflowRun]
        public async Task<string> RunAsync()
        {
            var request = new LlmRequest
            {
                Model = new(),
                Purpose = LlmPurposes.Agent,
                Conversation = new(new string('0', 64), 0, MediaTypes.Json),
                Call = 1,
                FirstRunId = "probe",
                Task = "probe",
            };
            var reply = await Workflow.ExecuteActivityAsync(
                (ILlmActivities llm) => llm.CompleteAsync(request),
                new() { TaskQueue = TaskQueues.Llm("default"), ScheduleToCloseTimeout = TimeSpan.FromSeconds(30) });
            return reply.Text!;
        }
    }

    [Workflow]
    public class FaultsWorkflow
    {
        [WorkflowRun]
        public async Task<IReadOnlyList<string>> RunAsync()
        {
            var reference = new ArtifactRef(new string('0', 64), 1, MediaTypes.Json);
            var ask = new AskAgainRequest(reference, "again", ["it is not valid"]);
            List<string> failures = [];
            await FailAsync(TaskQueues.Workflows, (IRecordActivities records) => records.AskAgainAsync(ask));
            await FailAsync(TaskQueues.SandboxHost("here"), (ISandboxActivities sandbox) => sandbox.RunTurnAsync(new TurnRequest { Container = "none", Turn = 1, Conversation = reference }));
            await FailAsync(TaskQueues.Llm("fast"), (ILlmActivities llm) => llm.CompleteAsync(new LlmRequest
            {
                Model = new ModelChoice("fast"), Purpose = LlmPurposes.Agent, Conversation = reference, Call = 1, FirstRunId = "probe", Task = "probe",
            }));
            return failures;

            async Task FailAsync<TActivities, TResult>(string queue, System.Linq.Expressions.Expression<Func<TActivities, Task<TResult>>> call)
            {
                try
                {
                    await Workflow.ExecuteActivityAsync(call, new() { TaskQueue = queue, ScheduleToCloseTimeout = TimeSpan.FromSeconds(30), RetryPolicy = new() { MaximumAttempts = 1 } });
                }
                catch (ActivityFailureException failed) when (failed.InnerException is ApplicationFailureException typed)
                {
                    failures.Add($"{typed.ErrorType} {!typed.NonRetryable} {typed.Message}");
                }
            }
        }
    }
}

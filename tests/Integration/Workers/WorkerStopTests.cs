using System.Diagnostics;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace Spark.Temporal.Tests.Workers;

/// <summary>A worker that is told to stop while a model call is in flight.</summary>
[Category("Server")]
public sealed class WorkerStopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [TestCase(ProcessMark.Terminate)]
    [TestCase(ProcessMark.Interrupt)]
    public async Task Lets_the_call_end_and_its_reply_is_stored_and_paid_once(int signal)
    {
        await using var rig = await RigAsync(FakeReply.Text("It took a while.") with { Delay = TimeSpan.FromSeconds(6) });
        var store = new FileArtifactStore(rig.Folder["artifacts"]);
        var answer = await rig.AskAsync(store);
        rig.Signal(signal);
        await rig.Worker.WaitForExitAsync().WaitAsync(Patience);

        // Taken from the server: no worker is there any more that could ask again.
        var conversation = await store.ReadConversationAsync((await answer.WaitAsync(Patience)).Conversation, CancellationToken.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(rig.Worker.ExitCode, Is.Zero, await rig.Output);
            Assert.That(conversation[^1].Content, Is.EqualTo("It took a while."));
            Assert.That((rig.Model.Requests.Count, rig.Model.Aborted), Is.EqualTo((1, 0)));
        }
    }

    [Test]
    public async Task Ends_at_once_at_the_second_signal()
    {
        await using var rig = await RigAsync(FakeReply.Text("Never.") with { Delay = TimeSpan.FromMinutes(5) });
        await rig.AskAsync(new FileArtifactStore(rig.Folder["artifacts"]));
        rig.Signal(ProcessMark.Terminate);
        await Eventually.IsTrueAsync(() => Task.FromResult(rig.Printed.Contains("shutting down", StringComparison.Ordinal)), "it stops");
        Assert.That(rig.Worker.HasExited, Is.False);
        rig.Signal(ProcessMark.Terminate);

        await rig.Worker.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Test]
    public async Task A_call_takes_no_longer_than_its_limit()
    {
        await using var rig = await RigAsync(FakeReply.Text("Never.") with { Delay = TimeSpan.FromMinutes(5) }, "--model-shutdown-sec", "1");
        await rig.AskAsync(new FileArtifactStore(rig.Folder["artifacts"]));
        rig.Signal(ProcessMark.Terminate);

        await rig.Worker.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    private static async Task<Rig> RigAsync(FakeReply reply, params string[] more)
    {
        var client = await TemporalServer.NewNamespaceAsync();
        var model = await FakeModelServer.StartAsync();
        model.Script = _ => reply;
        var folder = new TemporaryFolder();
        var start = Signals.Heard(
            Path.Combine(AppContext.BaseDirectory, "spark-worker"), ["--roles", "llm", "--graceful-shutdown-sec", "1", "--artifact-folder", folder["artifacts"], .. more]);
        (start.RedirectStandardOutput, start.WorkingDirectory) = (true, folder.Path);
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["TEMPORAL_ADDRESS"] = client.Connection.Options.TargetHost!,
            ["TEMPORAL_NAMESPACE"] = client.Options.Namespace,
            ["OPENAI_BASE_URL"] = model.BaseUrl,
            ["OPENAI_API_KEY"] = "key-of-nobody",
            ["OPENAI_MODEL"] = "scripted",
        })
        {
            start.Environment[name] = value;
        }

        return new Rig(client, model, folder, Process.Start(start)!);
    }

    private sealed class Rig : IAsyncDisposable
    {
        private readonly ITemporalClient _client;
        private readonly TemporalWorker _asker;
        private readonly CancellationTokenSource _stop = new();
        private readonly List<string> _lines = [];
        private readonly Task _asking;

        public Rig(ITemporalClient client, FakeModelServer model, TemporaryFolder folder, Process worker)
        {
            (_client, Model, Folder, Worker) = (client, model, folder, worker);
            _asker = new TemporalWorker(client, new TemporalWorkerOptions("asks").AddWorkflow<AskWorkflow>());
            _asking = _asker.ExecuteAsync(_stop.Token);
            Output = ReadAsync();
        }

        public FakeModelServer Model { get; }

        public TemporaryFolder Folder { get; }

        public Process Worker { get; }

        /// <summary>All that the worker printed, once it ended.</summary>
        public Task<string> Output { get; }

        public string Printed
        {
            get
            {
                lock (_lines)
                {
                    return string.Join('\n', _lines);
                }
            }
        }

        public void Signal(int signal) => ProcessMark.Of(Worker.Id)?.Signal(signal);

        /// <summary>Returns once the model is asked.</summary>
        /// <returns>The reply to come.</returns>
        public async Task<Task<LlmReply>> AskAsync(FileArtifactStore store)
        {
            var request = new LlmRequest
            {
                Model = new(),
                Purpose = LlmPurposes.Agent,
                Conversation = await store.AppendAsync(null, [new ChatMessage { Role = ChatRoles.User, Content = "Take your time." }], CancellationToken.None),
                Call = 1,
                FirstRunId = "ask",
                Task = "ask",
            };
            var run = await _client.StartWorkflowAsync((AskWorkflow ask) => ask.RunAsync(request), new("ask", "asks"));
            await Eventually.IsTrueAsync(() => Task.FromResult(Model.Requests.Count == 1), "the model is asked");
            return run.GetResultAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (!Worker.HasExited)
            {
                Worker.Kill();
            }

            await _stop.CancelAsync();
            await _asking.ContinueWith(_ => { }, TaskScheduler.Default);
            _asker.Dispose();
            _stop.Dispose();
            Worker.Dispose();
            await Model.DisposeAsync();
            Folder.Dispose();
        }

        private async Task<string> ReadAsync()
        {
            while (await Worker.StandardOutput.ReadLineAsync() is { } line)
            {
                lock (_lines)
                {
                    _lines.Add(line);
                }
            }

            return Printed;
        }
    }

    [Workflow]
    public class AskWorkflow
    {
        [WorkflowRun]
        public Task<LlmReply> RunAsync(LlmRequest request) => Workflow.ExecuteActivityAsync(
            (ILlmActivities llm) => llm.CompleteAsync(request),
            new() { TaskQueue = TaskQueues.Llm("default"), ScheduleToCloseTimeout = TimeSpan.FromMinutes(10), HeartbeatTimeout = TimeSpan.FromSeconds(20) });
    }
}

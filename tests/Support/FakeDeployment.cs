using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Artifacts.Replay;
using Spark.Temporal.Activities.Artifacts.Results;
using Spark.Temporal.Activities.Batches;
using Spark.Temporal.Activities.Evaluation;
using Spark.Temporal.Activities.Failures;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Activities.Versions;
using Spark.Temporal.Wire;
using Spark.Temporal.Wire.Encryption;
using Spark.Temporal.Workers;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Worker;
using Temporalio.Worker.Interceptors;

namespace Spark.Temporal.Tests.Support;

/// <summary>
/// Workers of the real workflows around a <see cref="FakeWorld"/>, on queues of their own, so that tests side by side do
/// not take each other's work. What a queue serves is the product's own list: <see cref="QueueRoles"/>.
/// </summary>
internal sealed class FakeDeployment : IAsyncDisposable
{
    private readonly List<RunningWorker> _workers = [];
    private readonly TemporaryFolder _folder = new();
    private IVersionActivities _versions = new VersionActivities();
    private ILlmActivities? _llm;

    private FakeDeployment(ITemporalClient client, string prefix, EncryptionKeys? keys)
    {
        Client = new TemporalClient(client.Connection, new()
        {
            Namespace = client.Options.Namespace,
            DataConverter = SparkConverter.With(keys),
            Interceptors = [new TracingInterceptor()],
        });
        Prefix = prefix;
        Store = new FileArtifactStore(_folder["store"]);
        World = new FakeWorld(Store, HostQueue);
        Agents = new FakeAgents(Store, World);
    }

    public ITemporalClient Client { get; }

    public string Prefix { get; }

    public FileArtifactStore Store { get; }

    public FakeWorld World { get; }

    /// <summary>Installed agents in that world.</summary>
    public FakeAgents Agents { get; }

    /// <summary>Stops the worker of the workflows that was there from the start.</summary>
    public Func<Task> StopFirstWorkflows { get; private set; } = () => Task.CompletedTask;

    public string OutDir => _folder["out"];

    public string Queue => Prefix + TaskQueues.Workflows;

    public string HostQueue => Prefix + TaskQueues.SandboxHost("one");

    /// <summary>Runs before every activity, by its type; may throw or wait. Unlike <see cref="FakeWorld.Before"/> it also meets those that are real here.</summary>
    public Func<string, CancellationToken, Task> Around { get; set; } = (_, _) => Task.CompletedTask;

    /// <param name="host">Whether there is a sandbox host.</param>
    /// <param name="keys">Encrypts payloads; null for none.</param>
    /// <param name="version">Version of the code.</param>
    /// <param name="versions">Moves runs between versions.</param>
    /// <param name="llm">Makes the model calls from the store, in place of the made-up ones.</param>
    public static async Task<FakeDeployment> StartAsync(
        bool host = true, EncryptionKeys? keys = null, WorkerDeploymentOptions? version = null, IVersionActivities? versions = null, Func<IArtifactStore, ILlmActivities>? llm = null)
    {
        var deployment = new FakeDeployment(await TemporalServer.ClientAsync(), $"{TestContext.CurrentContext.Test.ID}-{Guid.NewGuid().ToString("n")[..8]}-", keys);
        deployment._llm = llm?.Invoke(deployment.Store);
        deployment._versions = versions ?? deployment._versions;
        deployment.StopFirstWorkflows = deployment.AddWorkflows(version ?? WorkerRegistration.Version);
        deployment.Work(deployment.Serving(deployment.Prefix + TaskQueues.Sandbox, QueueRoles.Sandbox));
        deployment.Work(deployment.Serving(deployment.Prefix + TaskQueues.Llm("default"), QueueRoles.Llm));
        if (host)
        {
            deployment.AddHost(deployment.HostQueue);
        }

        return deployment;
    }

    /// <summary>A worker of the workflows and of the activities beside them; one for each version of the code.</summary>
    /// <returns>Stops it, as an operator does who needs the version no more.</returns>
    public Func<Task> AddWorkflows(WorkerDeploymentOptions version)
    {
        var options = Serving(Queue, QueueRoles.BesideWorkflows);
        options.DeploymentOptions = version;
        options.Interceptors = [.. options.Interceptors ?? [], new LivenessInterceptor()];
        foreach (var workflow in QueueRoles.Workflows)
        {
            options.AddWorkflow(workflow);
        }

        var worker = Work(options);
        return worker.StopAsync;
    }

    /// <summary>A sandbox host that takes work from its own queue.</summary>
    public void AddHost(string queue, int slots = 100)
    {
        var options = Serving(queue, QueueRoles.SandboxHost);
        options.MaxConcurrentActivities = slots;
        Work(options);
    }

    public string Id(string name) => $"{Prefix}{name}";

    public WorkflowOptions Options(string name) => new(Id(name), Queue);

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_workers.Select(worker => worker.StopAsync()));
        _folder.Dispose();
    }

    /// <summary>A queue with all that the product's worker serves there, by whoever plays it here.</summary>
    private TemporalWorkerOptions Serving(string queue, IReadOnlyList<Type> contracts)
    {
        object[] players =
        [
            World, Agents, _versions, new RecordActivities(Store), new EvaluationActivities(Store), new FakeBatchActivities(new BatchActivities(Store), World), new ReplayActivities(Store),
        ];
        var options = new TemporalWorkerOptions(queue) { Interceptors = [new FailureInterceptor(), new AroundInterceptor(this)] };
        foreach (var contract in contracts)
        {
            var player = (contract == typeof(ILlmActivities) ? _llm : null) ?? players.FirstOrDefault(contract.IsInstanceOfType)
                ?? throw new InvalidOperationException($"The worker serves {contract.Name} on {queue}; nobody plays it in the tests.");
            options.AddAllActivities(contract, player);
        }

        return options;
    }

    private RunningWorker Work(TemporalWorkerOptions options)
    {
        options.DeploymentOptions ??= WorkerRegistration.Version;
        options.Identity = "1234567@fake-host";
        options.MaxHeartbeatThrottleInterval = TimeSpan.FromMilliseconds(100);
        options.DefaultHeartbeatThrottleInterval = TimeSpan.FromMilliseconds(100);

        // An assertion inside a workflow must fail the test, not be retried for ever.
        options.WorkflowFailureExceptionTypes = [typeof(AssertionException)];
        var worker = new RunningWorker(new TemporalWorker(Client, options));
        _workers.Add(worker);
        return worker;
    }

    private sealed class AroundInterceptor(FakeDeployment deployment) : IWorkerInterceptor
    {
        public ActivityInboundInterceptor InterceptActivity(ActivityInboundInterceptor nextInterceptor) => new Inbound(nextInterceptor, deployment);

        private sealed class Inbound(ActivityInboundInterceptor next, FakeDeployment deployment) : ActivityInboundInterceptor(next)
        {
            public override async Task<object?> ExecuteActivityAsync(ExecuteActivityInput input)
            {
                var context = ActivityExecutionContext.Current;
                await deployment.Around(context.Info.ActivityType, context.CancellationToken);
                return await base.ExecuteActivityAsync(input);
            }
        }
    }

    private sealed class RunningWorker
    {
        private readonly TemporalWorker _worker;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;
        private Task? _stopped;

        public RunningWorker(TemporalWorker worker)
        {
            _worker = worker;
            _running = worker.ExecuteAsync(_stop.Token);
        }

        public Task StopAsync() => _stopped ??= EndAsync();

        private async Task EndAsync()
        {
            await _stop.CancelAsync();
            try
            {
                await _running;
            }
            catch (OperationCanceledException)
            {
                // That is how workers end.
            }

            _worker.Dispose();
            _stop.Dispose();
        }
    }
}

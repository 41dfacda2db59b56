using Spark.Temporal.Activities;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Batches;
using Spark.Temporal.Activities.Evaluation;
using Spark.Temporal.Activities.Artifacts.Replay;
using Spark.Temporal.Workers;
using Spark.Temporal.Workflows;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Evaluation;
using Spark.Temporal.Workflows.Exports;
using Spark.Temporal.Workflows.SkillGeneration;
using Spark.Temporal.Workflows.TaskConstruction;
using Spark.Temporal.Workflows.Wire;
using Spark.Temporal.Workflows.Wire.Encryption;
using Temporalio.Client;
using Temporalio.Worker;

namespace Spark.Temporal.Tests.Support;

/// <summary>
/// Workers of the real workflows around a <see cref="FakeWorld"/>, on queues of their own, so that tests side by side do
/// not take each other's work.
/// </summary>
internal sealed class FakeDeployment : IAsyncDisposable
{
    private readonly List<TemporalWorker> _workers = [];
    private readonly List<Task> _running = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TemporaryFolder _folder = new();

    private FakeDeployment(ITemporalClient client, string prefix, EncryptionKeys? keys)
    {
        Client = new TemporalClient(client.Connection, new()
        {
            Namespace = client.Options.Namespace,
            DataConverter = SparkJson.ConverterFor(keys),
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

    public string OutDir => _folder["out"];

    public string Queue => Prefix + TaskQueues.Workflows;

    public string HostQueue => Prefix + TaskQueues.SandboxHost("one");

    public static async Task<FakeDeployment> StartAsync(bool host = true, EncryptionKeys? keys = null, WorkerDeploymentOptions? version = null)
    {
        var deployment = new FakeDeployment(await TemporalServer.ClientAsync(), $"{TestContext.CurrentContext.Test.ID}-{Guid.NewGuid().ToString("n")[..8]}-", keys);
        deployment.AddWorkflows(version ?? WorkerRegistration.Version);
        deployment.Work(new TemporalWorkerOptions(deployment.Prefix + TaskQueues.Sandbox)
            .AddAllActivities<ISandboxActivities>(deployment.World)
            .AddAllActivities<IConstructionActivities>(deployment.World)
            .AddAllActivities<IAgentActivities>(deployment.Agents)
            .AddAllActivities<ITaskPackageActivities>(deployment.World));
        deployment.Work(new TemporalWorkerOptions(deployment.Prefix + TaskQueues.Llm("default")).AddAllActivities<ILlmActivities>(deployment.World));
        if (host)
        {
            deployment.AddHost(deployment.HostQueue);
        }

        return deployment;
    }

    /// <summary>A worker of the workflows and of the activities beside them; one for each version of the code.</summary>
    public void AddWorkflows(WorkerDeploymentOptions version)
    {
        Work(new TemporalWorkerOptions(Queue) { DeploymentOptions = version, Interceptors = [new LivenessInterceptor()] }
            .AddWorkflow<AttemptWorkflow>()
            .AddWorkflow<SkillGenerationWorkflow>()
            .AddWorkflow<BatchWorkflow>()
            .AddWorkflow<ExportWorkflow>()
            .AddWorkflow<ProofWorkflow>()
            .AddWorkflow<TaskConstructionWorkflow>()
            .AddWorkflow<FamilyWorkflow>()
            .AddWorkflow<EvaluationWorkflow>()
            .AddAllActivities<IRecordActivities>(new RecordActivities(Store))
            .AddAllActivities<IEvaluationActivities>(new EvaluationActivities(Store))
            .AddAllActivities<IBatchActivities>(new BatchActivities(Store))
            .AddAllActivities<IReplayActivities>(new ReplayActivities(Store))
            .AddAllActivities<IConstructionActivities>(World)
            .AddAllActivities<ITaskPackageActivities>(World));
    }

    /// <summary>A sandbox host that takes work from its own queue.</summary>
    public void AddHost(string queue, int slots = 100) =>
        Work(new TemporalWorkerOptions(queue) { MaxConcurrentActivities = slots }.AddAllActivities<ISandboxActivities>(World).AddAllActivities<IAgentActivities>(Agents));

    public string Id(string name) => $"{Prefix}{name}";

    public WorkflowOptions Options(string name) => new(Id(name), Queue);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await Task.WhenAll(_running);
        }
        catch (OperationCanceledException)
        {
            // That is how workers end.
        }

        _workers.ForEach(worker => worker.Dispose());
        _stop.Dispose();
        _folder.Dispose();
    }

    private void Work(TemporalWorkerOptions options)
    {
        options.DeploymentOptions ??= WorkerRegistration.Version;
        options.Identity = "1234567@fake-host";
        options.MaxHeartbeatThrottleInterval = TimeSpan.FromMilliseconds(100);
        options.DefaultHeartbeatThrottleInterval = TimeSpan.FromMilliseconds(100);

        // An assertion inside a workflow must fail the test, not be retried for ever.
        options.WorkflowFailureExceptionTypes = [typeof(AssertionException)];
        var worker = new TemporalWorker(Client, options);
        _workers.Add(worker);
        _running.Add(worker.ExecuteAsync(_stop.Token));
    }
}

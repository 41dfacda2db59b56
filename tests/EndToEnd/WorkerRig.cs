using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.EndToEnd;

/// <summary>A worker as a process, on task queues of its own, and a folder in which commands run beside it.</summary>
internal sealed class WorkerRig : IAsyncDisposable
{
    private readonly Dictionary<string, string> _environment;
    private readonly ProcessMark _worker;

    private WorkerRig(TemporaryFolder folder, Dictionary<string, string> environment, ProcessMark worker) =>
        (Folder, _environment, _worker) = (folder, environment, worker);

    public TemporaryFolder Folder { get; }

    /// <summary>Starts the worker on the server of the tests.</summary>
    /// <param name="name">What its queues begin with.</param>
    /// <param name="model">Address of the model's server.</param>
    public static async Task<WorkerRig> StartAsync(string name, string model)
    {
        var folder = new TemporaryFolder();
        var environment = await TemporalServer.VariablesAsync();
        environment["SPARK_QUEUE_PREFIX"] = $"{name}-{Guid.NewGuid().ToString("n")[..8]}-";
        var worker = DetachedProcess.Start(
            Path.Combine(AppContext.BaseDirectory, "spark-worker"),
            [],
            folder["worker.log"],
            new Dictionary<string, string?>(environment.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)))
            {
                ["OPENAI_BASE_URL"] = model,
                ["OPENAI_API_KEY"] = "key-of-nobody",
                ["SPARK_STATE_FOLDER"] = folder["state"],
                ["SPARK_ARTIFACT_FOLDER"] = folder["artifacts"],
            });
        return new WorkerRig(folder, environment, worker);
    }

    /// <summary>Runs <c>spark</c> in the folder, on the same queues.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="limit">How long it may take; null for the usual limit of tests.</param>
    public Task<(int ExitCode, string Output, string Error)> RunAsync(IReadOnlyList<string> arguments, TimeSpan? limit = null) =>
        SparkProcess.RunAsync(arguments, Folder.Path, _environment, limit);

    public async ValueTask DisposeAsync()
    {
        await _worker.StopAsync(ProcessMark.Terminate, TimeSpan.FromSeconds(40));
        Folder.Dispose();
    }
}

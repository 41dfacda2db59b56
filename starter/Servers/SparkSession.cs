using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Configuration;
using Spark.Temporal.Wire;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Common.EnvConfig;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Servers;

/// <summary>The settings of a command's session.</summary>
internal sealed record SessionOptions
{
    /// <summary>Whether a worker must run while the command runs; a command that only reads needs none.</summary>
    public bool NeedsWorker { get; init; } = true;

    /// <summary>Folder that holds <c>.spark/</c>.</summary>
    public string WorkingFolder { get; init; } = Environment.CurrentDirectory;

    /// <summary>Use a separate server even where one is given or up: the demo must not reach a real cluster.</summary>
    public bool OwnServer { get; init; }

    /// <summary>Folder of the server's state instead of <c>.spark/</c> in <see cref="WorkingFolder"/>.</summary>
    public string? StateFolder { get; init; }

    /// <summary>Variables that select a server instead of the process's own; for tests.</summary>
    public IReadOnlyDictionary<string, string>? Variables { get; init; }
}

/// <summary>Where a session's server came from.</summary>
internal enum ServerSource
{
    /// <summary>Named by the environment or the SDK's configuration file.</summary>
    Given,

    /// <summary>Kept running by <c>spark up</c>.</summary>
    Up,

    /// <summary>Started by a command, and stopped with the last command that uses it.</summary>
    Embedded,
}

/// <summary>
/// A command's connection: a given server, else the one that <c>spark up</c> started, else an embedded one with a worker
/// that stop with the last command that uses them. Their state stays in <c>.spark/</c>.
/// </summary>
internal sealed class SparkSession : IAsyncDisposable
{
    private readonly EmbeddedServer? _embedded;

    private SparkSession(ITemporalClient client, ServerSource source, string? uiAddress, EmbeddedServer? embedded)
    {
        Client = client;
        Source = source;
        UiAddress = uiAddress;
        _embedded = embedded;
    }

    public ITemporalClient Client { get; }

    public ServerSource Source { get; }

    /// <summary>Address of the web UI, null when it is not known.</summary>
    public string? UiAddress { get; }

    /// <summary>Queue of the workflows; the worker reads the same prefix.</summary>
    public static string Queue => QueueOf(TaskQueues.Workflows);

    /// <summary>A queue of the deployment that commands use.</summary>
    public static string QueueOf(string name) => Environment.GetEnvironmentVariable("SPARK_QUEUE_PREFIX") + name;

    /// <summary>Page of a run in the web UI, null when the UI is not known.</summary>
    public string? UiOf(string workflowId) =>
        UiAddress is null ? null : UiLinks.Run(UiAddress, Client.Options.Namespace, workflowId);

    /// <summary>The page of a run with its summary and progress, null when the UI is not known.</summary>
    public string? UiStory(string workflowId, string runId) => UiAddress is null ? null : UiLinks.Story(UiAddress, Client.Options.Namespace, workflowId, runId);

    /// <summary>The web UI's list of runs, null when the UI is not known.</summary>
    /// <param name="query">Filter in the server's query language.</param>
    /// <param name="saveAs">Name under which the UI keeps the view among its saved ones; null does not keep it.</param>
    public string? UiList(string query, string? saveAs = null) =>
        UiAddress is null ? null : UiLinks.List(UiAddress, Client.Options.Namespace, query, saveAs);

    /// <summary>A session on a server that is given or already up; null where there is none.</summary>
    /// <exception cref="CliException">The given server does not answer.</exception>
    public static async Task<SparkSession?> OpenRunningAsync(SessionOptions options, CancellationToken cancellationToken)
    {
        var given = Given(options.Variables);
        if (!options.OwnServer && !string.IsNullOrEmpty(given.TargetHost))
        {
            var development = DevSettingsFile.Read(options.WorkingFolder);
            return new SparkSession(
                await ConnectAsync(ServerConnection.Complete(given, development, KeyFiles.FromEnvironment()), cancellationToken),
                ServerSource.Given, UiLinks.Given(options.Variables), null);
        }

        if (StateOf(options).Read() is { Owner: not null } up)
        {
            return new SparkSession(await ConnectAsync(To(up), cancellationToken), ServerSource.Up, up.UiAddress, null);
        }

        return null;
    }

    /// <summary>Opens a session.</summary>
    /// <exception cref="CliException">No server is available; the message says what to do.</exception>
    public static async Task<SparkSession> OpenAsync(CliOutput output, SessionOptions options, CancellationToken cancellationToken)
    {
        if (await OpenRunningAsync(options, cancellationToken) is { } running)
        {
            return running;
        }

        var embedded = await EmbeddedServer.OpenAsync(StateOf(options), options, output, cancellationToken);
        try
        {
            var client = await ConnectAsync(To(embedded.Record), cancellationToken);
            return new SparkSession(client, ServerSource.Embedded, embedded.Record.UiAddress, embedded);
        }
        catch
        {
            await embedded.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether a worker that runs workflows polled in the last minute.</summary>
    public async Task<bool> WorkersRunAsync(CancellationToken cancellationToken)
    {
        var described = await Client.WorkflowService.DescribeTaskQueueAsync(
            new()
            {
                Namespace = Client.Options.Namespace,
                TaskQueue = new() { Name = Queue },
                TaskQueueType = TaskQueueType.Workflow,
            },
            new() { CancellationToken = cancellationToken });
        return described.Pollers.Any(poller => poller.LastAccessTime.ToDateTimeOffset() > DateTimeOffset.UtcNow.AddMinutes(-1));
    }

    public ValueTask DisposeAsync() => _embedded?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>The server named by the environment (or the variables given instead) and by the SDK's configuration file.</summary>
    /// <exception cref="CliException">They cannot be used; the message names the variable.</exception>
    public static TemporalClientConnectOptions Given(IReadOnlyDictionary<string, string>? variables = null)
    {
        try
        {
            return ServerConnection.Given(
                () => ClientEnvConfig.LoadClientConnectOptions(new() { OverrideEnvVars = variables }),
                name => variables is null ? Environment.GetEnvironmentVariable(name) : variables.GetValueOrDefault(name), File.Exists);
        }
        catch (FormatException mistake)
        {
            throw new CliException(mistake.Message, ExitCodes.Usage);
        }
    }

    private static StateFolder StateOf(SessionOptions options) => new(options.StateFolder ?? Path.Combine(options.WorkingFolder, ".spark"));

    private static TemporalClientConnectOptions To(UpRecord record) => ServerConnection.Complete(
        new TemporalClientConnectOptions(record.Address) { Namespace = record.Namespace }, new DevSettings(), KeyFiles.FromEnvironment());

    private static async Task<ITemporalClient> ConnectAsync(TemporalClientConnectOptions options, CancellationToken cancellationToken)
    {
        options.Identity = $"spark:{Environment.ProcessId}@{Environment.MachineName}";
        try
        {
            return await TemporalClient.ConnectAsync(options).WaitAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is InvalidOperationException or RpcException)
        {
            throw new CliException($"no Temporal server answers at {options.TargetHost} ({failure.Message.Split('\n')[0]}); check TEMPORAL_ADDRESS, or unset it to use a local server");
        }
    }
}

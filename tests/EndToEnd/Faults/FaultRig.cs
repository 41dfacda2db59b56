using System.Diagnostics;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Wire;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;

namespace Spark.Temporal.Tests.EndToEnd.Faults;

/// <summary>
/// The product as processes: a development server with its database in a file, a worker, real containers, a model server
/// in the test. Everything but the model can be killed.
/// </summary>
internal sealed class FaultRig : IAsyncDisposable
{
    /// <summary>A key that must turn up nowhere but in requests.</summary>
    public const string Key = "sk-canary-5e1f0c7a9b";

    private readonly StateFolder _state;
    private readonly DevSettings _settings;
    private readonly CliOutput _output = new(TextWriter.Null, TextWriter.Null);
    private readonly List<string> _runs = [];
    private TcpGate? _gate;
    private UpRecord _server;
    private ProcessMark? _worker;

    private FaultRig(TemporaryFolder folder, StateFolder state, DevSettings settings, UpRecord server, FakeModelServer model, ITemporalClient client)
    {
        (Folder, _state, _settings, _server, Model, Client) = (folder, state, settings, server, model, client);
    }

    public TemporaryFolder Folder { get; }

    public FakeModelServer Model { get; }

    public ITemporalClient Client { get; }

    public string WorkerLog => File.Exists(_state.WorkerLog) ? File.ReadAllText(_state.WorkerLog) : "";

    public static async Task<FaultRig> StartAsync()
    {
        Requires.Docker();
        Requires.Command("temporal");
        var folder = new TemporaryFolder();
        var settings = TemporalServer.Settings with { Port = DevServer.FreePort(), UiPort = DevServer.FreePort() };
        var state = new StateFolder(folder[".spark"]);
        var server = await DevServer.StartAsync(state, settings, new CliOutput(TextWriter.Null, TextWriter.Null), CancellationToken.None);
        var client = await TemporalClient.ConnectAsync(new(server.Address) { Namespace = server.Namespace, DataConverter = SparkConverter.Plain });
        return new FaultRig(folder, state, settings, server, await FakeModelServer.StartAsync(), client);
    }

    /// <summary>Starts a worker, through a gate where one is asked for, with more variables where there are some.</summary>
    public TcpGate? StartWorker(bool gated = false, IReadOnlyDictionary<string, string?>? variables = null)
    {
        _gate = gated ? new TcpGate(_server.Address) : null;
        _worker = DetachedProcess.Start(
            "/usr/bin/env",
            ["-C", Folder.Path, Path.Combine(AppContext.BaseDirectory, "spark-worker")],
            _state.WorkerLog,
            new Dictionary<string, string?>(variables ?? new Dictionary<string, string?>())
            {
                ["TEMPORAL_ADDRESS"] = _gate?.Address ?? _server.Address,
                ["TEMPORAL_NAMESPACE"] = _server.Namespace,
                ["OPENAI_BASE_URL"] = Model.BaseUrl,
                ["OPENAI_API_KEY"] = Key,
                ["OPENAI_MODEL"] = "scripted",
                ["SPARK_STATE_FOLDER"] = Folder["state"],
                ["SPARK_ARTIFACT_FOLDER"] = Folder["artifacts"],
            });
        return _gate;
    }

    /// <summary>kill -9, and nothing of it is left when this returns.</summary>
    public async Task KillWorkerAsync()
    {
        _worker!.Signal(ProcessMark.Kill);
        await _worker.ExitedAsync(CancellationToken.None);
    }

    /// <summary>kill -9 of the server, and another one on the same database and port.</summary>
    public async Task KillAndRestartServerAsync()
    {
        _server.Server.Signal(ProcessMark.Kill);
        await _server.Server.ExitedAsync(CancellationToken.None);
        _server = await DevServer.StartAsync(_state, _settings, _output, CancellationToken.None);
    }

    public async Task<WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>> StartSkillAsync(string taskDir, AttemptLimits? limits = null, string? outDir = null)
    {
        var id = $"skill/{Guid.NewGuid().ToString("n")[..8]}/fake/{Path.GetFileName(taskDir)}";
        _runs.Add(id);
        return await Client.StartWorkflowAsync(
            (SkillGenerationWorkflow run) => run.RunAsync(new SkillGenerationInput
            {
                TaskDir = taskDir,
                Batch = "faults",
                ModelSlug = "fake",
                Model = new ModelChoice(),
                OutDir = outDir ?? Folder["out"],
                MaxAttempts = 3,
                Limits = limits ?? new AttemptLimits(),
            }),
            new WorkflowOptions(id, TaskQueues.Workflows));
    }

    public Task<WorkflowHandle<TaskConstructionWorkflow, ConstructionResult>> StartConstructionAsync(ConstructionInput input)
    {
        // Its containers belong to its proofs.
        var id = $"task/{Guid.NewGuid().ToString("n")[..8]}/{input.Name}";
        _runs.AddRange([$"{id}/proof-1", $"{id}/proof-2"]);
        return Client.StartWorkflowAsync((TaskConstructionWorkflow run) => run.RunAsync(input), new WorkflowOptions(id, TaskQueues.Workflows));
    }

    /// <summary>Replies of the model that the worker has kept so far.</summary>
    public int RepliesKept =>
        Directory.Exists(Folder["artifacts/keys"]) ? Directory.EnumerateFiles(Folder["artifacts/keys"], "*", SearchOption.AllDirectories).Count() : 0;

    /// <summary>Waits until an activity of a type is being carried out in any of the rig's workflows.</summary>
    public Task ActivityRunsAsync(string type) => Eventually.IsTrueAsync(
        async () =>
        {
            await foreach (var execution in Client.ListWorkflowsAsync("ExecutionStatus = 'Running'"))
            {
                if ((await PendingActivities.OfAsync(Client, execution.Id)).Any(pending => pending.ActivityType.Name == type && pending.State == PendingActivityState.Started))
                {
                    return true;
                }
            }

            return false;
        },
        $"{type} runs; the worker says:\n{WorkerLog}",
        TimeSpan.FromMinutes(2));

    /// <summary>Containers that belong to the rig's runs.</summary>
    public IReadOnlyList<string> Containers() =>
        [.. _runs.SelectMany(run => Docker("ps", "-aq", "--filter", $"label=spark.run={run}").Split('\n', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>Removes the images that a label stands on.</summary>
    public static void RemoveImages(string label)
    {
        foreach (var image in Docker("images", "-q", "--filter", $"label={label}").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Docker("rmi", "-f", image);
        }
    }

    /// <summary>Output of a docker command; empty when it fails.</summary>
    public static string Docker(params string[] arguments)
    {
        if (Requires.FindOnPath("docker") is not { } program)
        {
            return "";
        }

        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Result : "";
    }

    public async ValueTask DisposeAsync()
    {
        if (_worker is { } worker)
        {
            await worker.StopAsync(ProcessMark.Kill, TimeSpan.FromSeconds(10));
        }

        foreach (var container in Containers())
        {
            Docker("rm", "-f", container);
        }

        await DevServer.StopAsync(_server.Server);
        if (_gate is not null)
        {
            await _gate.DisposeAsync();
        }

        await Model.DisposeAsync();
        Folder.Dispose();
    }
}

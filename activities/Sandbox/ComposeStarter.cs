using System.Formats.Tar;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Starts the services of a task whose compose file has several, by the engine's own compose, one project for each container of a trial.</summary>
internal sealed partial class ComposeStarter(IContainerGateway gateway, ComposeClient client, IArtifactStore store, SandboxOptions options)
{
    private const string TaskFile = "docker-compose.yaml";
    private const string OurFile = "spark-compose.json";
    private const int LastLines = 8;

    /// <summary>Whether a task has services besides its own container.</summary>
    public static bool IsNeeded(TaskSettings settings) => settings.Compose is { Services.Count: > 0 };

    /// <summary>Makes all containers, networks and volumes, or finds those of an earlier try.</summary>
    /// <returns>The agent's container, which does not run yet.</returns>
    public async Task<ContainerFacts> CreateAsync(ContainerSpec spec, StartRequest request, List<string> notes, Action beat, CancellationToken cancellationToken)
    {
        var folder = Folder(spec.Name);
        var environment = Path.Combine(folder, TaskPackageReader.Environment);
        await UnpackAsync(request, environment, cancellationToken);
        var config = await ResolveAsync(spec, request, environment, beat, cancellationToken);
        if (ComposeProject.Problems(config, environment, options.ComposeCapabilities) is { Count: > 0 } problems)
        {
            throw SandboxFailures.Start(string.Join('\n', problems));
        }

        var run = Run(spec, request.Settings);
        var limited = ComposeProject.Limited(config, run);
        await File.WriteAllTextAsync(Path.Combine(folder, OurFile), limited.ToJsonString(new JsonSerializerOptions { WriteIndented = true }), cancellationToken);
        await PullAsync(limited, beat, cancellationToken);
        await StepAsync(spec.Name, ["build"], "an image does not build", beat, cancellationToken);
        await StepAsync(spec.Name, ["create", "--no-build", "--pull", "never"], "cannot be created", beat, cancellationToken);
        notes.Add($"services of {ComposeProject.File}: {string.Join(", ", ComposeProject.Services(limited).Skip(1))}");
        var made = await gateway.FindAsync(spec.Name, withSize: false, cancellationToken) ?? throw new IOException($"Container {spec.Name} was not made by compose.");
        return made with { Created = !made.Running };
    }

    /// <summary>Starts all, in the order that the file asks for, and waits until those with a health check are healthy.</summary>
    public async Task UpAsync(string project, TaskSettings settings, Action beat, CancellationToken cancellationToken)
    {
        var seconds = ((int)Math.Ceiling(Math.Min(settings.BuildTimeoutSec, 600))).ToString(CultureInfo.InvariantCulture);
        await StepAsync(project, ["up", "--detach", "--no-build", "--no-recreate", "--wait", "--wait-timeout", seconds], $"never got ready (waited up to {seconds} s)", beat, cancellationToken);
    }

    /// <summary>What each service but the agent's has printed, its last part, by its name.</summary>
    public async Task<IReadOnlyDictionary<string, string>> LogsAsync(string project, Action beat, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Folder(project), OurFile);
        if (!File.Exists(file))
        {
            return new Dictionary<string, string>();
        }

        var logs = new Dictionary<string, string>();
        foreach (var service in ComposeProject.Services(JsonNode.Parse(await File.ReadAllTextAsync(file, cancellationToken))!.AsObject()).Skip(1))
        {
            var end = await RunAsync(project, ["logs", "--no-color", "--no-log-prefix", "--timestamps", service], beat, cancellationToken);
            logs[service] = end.Output;
        }

        return logs;
    }

    /// <summary>Removes containers, networks, volumes and files of a project; nothing where there is none.</summary>
    public async Task RemoveAsync(string project, CancellationToken cancellationToken)
    {
        await gateway.RemoveProjectAsync(project, cancellationToken);
        if (Directory.Exists(Folder(project)))
        {
            Directory.Delete(Folder(project), recursive: true);
        }
    }

    private async Task UnpackAsync(StartRequest request, string environment, CancellationToken cancellationToken)
    {
        if (request.Environment is not { } packed)
        {
            throw SandboxFailures.Start($"{ComposeProject.File}: the task's environment/ was not packed; read the task again");
        }

        Directory.CreateDirectory(environment);
        await using var tar = await store.OpenAsync(packed, cancellationToken);
        await TarFile.ExtractToDirectoryAsync(tar, environment, overwriteFiles: true, cancellationToken);
    }

    private async Task<JsonObject> ResolveAsync(ContainerSpec spec, StartRequest request, string environment, Action beat, CancellationToken cancellationToken)
    {
        // A file may describe only what is added to the agent's container.
        var first = Path.Combine(Path.GetDirectoryName(environment)!, "spark-main.json");
        await File.WriteAllTextAsync(first, new JsonObject { ["services"] = new JsonObject { [ComposeProject.Main] = new JsonObject { ["image"] = request.Image } } }.ToJsonString(), cancellationToken);
        var end = await client.RunAsync(
            ["--project-name", spec.Name, "--project-directory", environment, "--file", first, "--file", Path.Combine(environment, TaskFile), "config", "--format", "json"],
            environment,
            Variables(spec, request, environment),
            beat,
            cancellationToken);
        return end.ExitCode == 0 && JsonNode.Parse(end.Output) is JsonObject config
            ? config
            : throw SandboxFailures.Start($"{ComposeProject.File} is not understood by compose: {Last(end, environment)}; correct it there");
    }

    /// <summary>The variables of Harbor's that a file may name. Nothing of the worker is among them.</summary>
    private static Dictionary<string, string> Variables(ContainerSpec spec, StartRequest request, string environment)
    {
        var variables = new Dictionary<string, string>
        {
            ["CONTEXT_DIR"] = environment,
            ["MAIN_IMAGE_NAME"] = request.Image,
            ["PREBUILT_IMAGE_NAME"] = request.Image,
            ["TEST_DIR"] = "/tests",
            ["CPUS"] = spec.Cpus.ToString(CultureInfo.InvariantCulture),
            ["MEMORY"] = spec.MemoryBytes.ToString(CultureInfo.InvariantCulture),
            ["NETWORK_MODE"] = "bridge",
        };
        foreach (var part in (string[])["VERIFIER", "AGENT", "ARTIFACTS"])
        {
            variables[$"HOST_{part}_LOGS_PATH"] = Path.Combine(environment, ".logs");
            variables[$"ENV_{part}_LOGS_PATH"] = $"/logs/{part.ToLowerInvariant()}";
        }

        return variables;
    }

    private static ComposeRun Run(ContainerSpec spec, TaskSettings settings) => new()
    {
        Project = spec.Name,
        Image = spec.Image,
        Entrypoint = spec.Entrypoint,
        Command = spec.Command,
        Environment = spec.Environment.Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]),
        WorkingDirectory = spec.WorkingDirectory,
        Memory = spec.Memory,
        Labels = spec.Labels,
        Cpus = spec.Cpus,
        MemoryBytes = spec.MemoryBytes,
        Pids = spec.Pids,
        Capabilities = DockerContainerGateway.Capabilities,
        NewPrivileges = spec.NewPrivileges,
        Internet = (settings.AgentNetwork ?? settings.Network) == NetworkMode.Public,
    };

    private async Task PullAsync(JsonObject limited, Action beat, CancellationToken cancellationToken)
    {
        foreach (var (name, service) in limited["services"]!.AsObject().Where(pair => pair.Key != ComposeProject.Main && pair.Value!["build"] is null))
        {
            var image = service!["image"]?.ToString() ?? "";
            if (await gateway.FindImageAsync(image, cancellationToken) is not null)
            {
                continue;
            }

            try
            {
                await Processes.Heartbeats.WhileAsync(gateway.PullImageAsync(image, _ => { }, cancellationToken), beat, cancellationToken);
            }
            catch (ImageException refused)
            {
                throw SandboxFailures.Start($"{ComposeProject.File}: service '{name}': image {image} cannot be had: {refused.Message}");
            }
        }
    }

    private async Task StepAsync(string project, IReadOnlyList<string> arguments, string what, Action beat, CancellationToken cancellationToken)
    {
        var end = await RunAsync(project, arguments, beat, cancellationToken);
        if (end.ExitCode == 0)
        {
            return;
        }

        var words = Last(end, Folder(project));
        var service = ServiceName().Match(end.Errors.Replace(project, "project", StringComparison.Ordinal)) is { Success: true } named ? named.Groups.Values.Skip(1).First(group => group.Success).Value : null;
        var logs = service is null or ComposeProject.Main ? null : await RunAsync(project, ["logs", "--no-color", "--no-log-prefix", "--tail", "5", service], beat, cancellationToken);
        throw SandboxFailures.Start(
            $"{ComposeProject.File}: {(service is null ? "the services" : $"service '{service}'")} {what}: {words}{(logs is { Output.Length: > 0 } ? $"; it printed: {Domain.Texts.PlainText.OneLine(logs.Output, 500)}" : "")}");
    }

    private Task<ProgramEnd> RunAsync(string project, IReadOnlyList<string> arguments, Action beat, CancellationToken cancellationToken)
    {
        var folder = Folder(project);
        return client.RunAsync(
            ["--project-name", project, "--project-directory", Path.Combine(folder, TaskPackageReader.Environment), "--file", Path.Combine(folder, OurFile), .. arguments],
            folder,
            new Dictionary<string, string>(),
            beat,
            cancellationToken);
    }

    private string Folder(string project) => Path.Combine(Path.GetFullPath(options.StateFolder), "compose", project);

    private static string Last(ProgramEnd end, string folder)
    {
        var lines = (end.Errors.Length > 0 ? end.Errors : end.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => !line.Contains("level=warning", StringComparison.Ordinal));
        return Domain.Texts.PlainText.OneLine(string.Join(' ', lines.TakeLast(LastLines)).Replace(folder, "environment", StringComparison.Ordinal), 1_000);
    }

    [GeneratedRegex("""project-([a-z0-9_.-]+?)-\d+ (?:is unhealthy|exited)|dependency failed to start: container project-([a-z0-9_.-]+?)-\d+|[Ss]ervice "?'?([A-Za-z0-9_.-]+)"?'?""")]
    private static partial Regex ServiceName();
}

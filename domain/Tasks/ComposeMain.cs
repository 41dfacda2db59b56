using System.Text.Json.Nodes;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>Reads the service <c>main</c> of a compose file as settings of the agent's container.</summary>
/// <param name="main">The service.</param>
/// <param name="lines">Lines of the file's keys.</param>
/// <param name="alone">Whether it is the only service, so that no compose but this reads it.</param>
/// <param name="findings">What was noticed.</param>
public sealed class ComposeMain(JsonObject main, IReadOnlyDictionary<string, int> lines, bool alone, TaskFindings findings)
{
    private const double MiB = 1024 * 1024;

    /// <summary>Keys that are read, that <see cref="ComposeProject"/> judges, or that say what holds here anyway.</summary>
    private static readonly string[] Known =
    [
        "image", "build", "environment", "command", "entrypoint", "working_dir", "user", "shm_size", "tmpfs", "deploy", "network_mode", "mem_limit", "cpus", "volumes", "healthcheck",
        "privileged", "devices", "cap_add", "cap_drop", "security_opt", "pid", "ipc", "uts", "userns_mode", "init", "tty", "stdin_open", "container_name", "restart", "labels", "logging",
        "pull_policy", "depends_on", "expose", "networks", "stop_grace_period", "stop_signal", "memswap_limit", "mem_reservation", "pids_limit", "profiles",
    ];

    /// <summary>Keys without which the task would be another one.</summary>
    private static readonly string[] Needed = ["env_file", "extends", "secrets", "configs", "read_only", "platform"];

    public TaskSettings Over(TaskSettings task, bool builds, IReadOnlyList<string> others)
    {
        foreach (var (key, _) in main.Where(pair => alone && pair.Value is not null && !Known.Contains(pair.Key) && !pair.Key.StartsWith("x-", StringComparison.Ordinal)).ToList())
        {
            if (Needed.Contains(key))
            {
                NotSupported(key, key, "say the same in the Dockerfile or in task.toml");
            }
            else
            {
                Note(key, $"{key} has no effect here");
            }
        }

        Mounts();
        var limits = ((main["deploy"] as JsonObject)?["resources"] as JsonObject)?["limits"] as JsonObject;
        var env = ComposeValues.Pairs(main["environment"]);
        return task with
        {
            DockerImage = task.DockerImage ?? Image(builds),
            Cpus = Number("cpus", main["cpus"]) ?? Number("deploy", limits?["cpus"]) ?? task.Cpus,
            MemoryMb = Size("mem_limit", main["mem_limit"], 6) ?? Size("deploy", limits?["memory"], 6) ?? task.MemoryMb,
            Network = ComposeValues.Text(main["network_mode"]) == "none" ? NetworkMode.NoNetwork : task.Network,
            Env = env.Count == 0 ? task.Env : new SortedDictionary<string, string>(env.Where(pair => !task.Env.ContainsKey(pair.Key)).Concat(task.Env).ToDictionary(), StringComparer.Ordinal),
            Workdir = task.Workdir ?? Workdir(),
            Healthcheck = task.Healthcheck ?? Healthcheck(),
            Compose = new ComposeSettings
            {
                Services = others,
                Command = Kept(ComposeValues.Command(main["command"])),
                Entrypoint = ComposeValues.Command(main["entrypoint"]),
                User = ComposeValues.Text(main["user"]),
                BuildArgs = BuildArgs(),
                ShmMb = Size("shm_size", main["shm_size"], 1),
                Tmpfs = Tmpfs(),
            },
        };
    }

    /// <summary>Beside a Dockerfile, the image's name is only that of what is built.</summary>
    private string? Image(bool builds) =>
        ComposeValues.Text(main["image"]) is { } image && image != ComposeVariables.MainImage && !builds && main["build"] is null ? image : null;

    private IReadOnlyDictionary<string, string>? BuildArgs()
    {
        var build = main["build"] as JsonObject;
        var context = ComposeValues.Text(build is null ? main["build"] : build["context"]);
        if (context is not null && ComposeReader.Absolute(context) != ComposeVariables.Context)
        {
            Error("build", $"build: the context {context.Replace(ComposeVariables.Context, "environment", StringComparison.Ordinal)} is not the folder environment/", "build from \".\" or ${CONTEXT_DIR}");
        }

        if (ComposeValues.Text(build?["dockerfile"]) is { } file && ComposeReader.Absolute(file) != $"{ComposeVariables.Context}/Dockerfile")
        {
            NotSupported("build", $"build from the Dockerfile {file}", "call it Dockerfile");
        }

        foreach (var key in (string[])["dockerfile_inline", "target", "additional_contexts", "secrets", "ssh"])
        {
            if (build?[key] is not null)
            {
                NotSupported("build", $"build with {key}", "say the same in the Dockerfile");
            }
        }

        return build?["args"] is { } args && ComposeValues.Pairs(args) is { Count: > 0 } pairs ? pairs : null;
    }

    private void Mounts()
    {
        foreach (var mount in alone && main["volumes"] is JsonArray volumes ? volumes.Select(ComposeReader.Mount) : [])
        {
            var (source, target) = (ComposeValues.Text(mount["source"]) ?? "", ComposeValues.Text(mount["target"]) ?? "");
            if (ComposeProject.IsLog(ComposeProject.Main, target))
            {
                continue;
            }

            if (ComposeValues.Text(mount["type"]) != "bind")
            {
                Note("volumes", $"the volume at {target} is a folder of the container");
            }
            else if (source.StartsWith(ComposeVariables.Context, StringComparison.Ordinal))
            {
                NotSupported("volumes", $"mounting {source.Replace(ComposeVariables.Context, "environment", StringComparison.Ordinal)} at {target}", "copy it by the Dockerfile");
            }
        }
    }

    /// <summary>A command that only keeps the container alive is what a container here does anyway.</summary>
    private static IReadOnlyList<string>? Kept(IReadOnlyList<string>? command) =>
        command is null || string.Join(' ', command) is var line && (line.EndsWith("sleep infinity", StringComparison.Ordinal) || line.EndsWith("tail -f /dev/null", StringComparison.Ordinal))
            && line.Length < 40
                ? null
                : command;

    private string? Workdir()
    {
        var folder = ComposeValues.Text(main["working_dir"]);
        if (folder is null or ['/', ..])
        {
            return folder;
        }

        Error("working_dir", $"working_dir: {folder} is not an absolute path", "write a path in the container that starts with /");
        return null;
    }

    private Dictionary<string, string>? Tmpfs() =>
        ComposeValues.Texts(main["tmpfs"]) is { Count: > 0 } mounts
            ? mounts.Select(mount => mount.Split(':', 2)).DistinctBy(parts => parts[0]).ToDictionary(parts => parts[0], parts => parts.Length > 1 ? parts[1] : "")
            : null;

    private Healthcheck? Healthcheck()
    {
        if (main["healthcheck"] is not JsonObject check || check["test"] is null || check["disable"] is JsonValue off && off.ToString() == "true")
        {
            return null;
        }

        var test = ComposeValues.Texts(check["test"]);
        var command = (check["test"] is JsonValue, test.Count > 0 ? test[0] : null) switch
        {
            (true, var shell) => shell,
            (_, "CMD-SHELL") when test.Count > 1 => test[1],
            (_, "CMD") when test.Count > 1 => string.Join(' ', test.Skip(1).Select(word => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'")),
            _ => null,
        };
        if (command is null)
        {
            return null;
        }

        double? Time(string key)
        {
            var text = ComposeValues.Text(check[key]);
            var seconds = text is null ? null : ComposeValues.Seconds(text);
            if (text is not null && seconds is null)
            {
                Error("healthcheck", $"healthcheck: {key}: {text} is not a time", "write one such as 30s");
            }

            return seconds;
        }

        return new Healthcheck
        {
            Command = command,
            IntervalSec = Time("interval") ?? 30,
            TimeoutSec = Time("timeout") ?? 30,
            StartPeriodSec = Time("start_period") ?? 0,
            StartIntervalSec = Time("start_interval") ?? 5,
            Retries = ComposeValues.Text(check["retries"]) is { } retries && int.TryParse(retries, out var number) && number > 0 ? number : 3,
        };
    }

    private double? Number(string key, JsonNode? node)
    {
        var text = ComposeValues.Text(node);
        var number = text is null ? null : ComposeValues.Number(text);
        if (text is not null && number is null)
        {
            Error(key, $"cpus: {text} is not a number above 0", "write one such as \"1.5\"");
        }

        return number;
    }

    private long? Size(string key, JsonNode? node, long least)
    {
        var text = ComposeValues.Text(node);
        if (text is null)
        {
            return null;
        }

        if (ComposeValues.Bytes(text) is { } bytes && bytes / MiB >= least && bytes / MiB <= 16 * MiB)
        {
            return (long)Math.Ceiling(bytes / MiB);
        }

        Error(key, $"{key}: {text} is not a size from {least} MiB to 16 TiB", "write one such as 2g");
        return null;
    }

    private int Line(string key) => lines.GetValueOrDefault($"services.{ComposeProject.Main}.{key}", lines.GetValueOrDefault($"services.{ComposeProject.Main}"));

    private void Error(string key, string message, string remedy) => findings.Error(ComposeProject.File, Line(key), $"service 'main': {message}", remedy);

    private void Note(string key, string message) => findings.Note(ComposeProject.File, Line(key), $"service 'main': {message}");

    private void NotSupported(string key, string what, string remedy) => findings.NotSupported(ComposeProject.File, Line(key), $"service 'main': {what}", remedy);
}

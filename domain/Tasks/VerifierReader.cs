namespace Spark.Temporal.Domain.Tasks;

/// <summary>Reads what <c>[verifier]</c> says of a container of its own, and of what is collected for it.</summary>
public static class VerifierReader
{
    /// <summary>Keys of <c>[verifier.environment]</c> that hold for images of every kind and change nothing here.</summary>
    private static readonly string[] Known = ["os", "gpus", "gpu_types", "tpu", "mcp_servers"];

    /// <summary>The verifier's own container; null where it runs in the agent's.</summary>
    public static SeparateVerifier? Separate(TomlSection verifier)
    {
        var mode = verifier.NonEmptyText("environment_mode");
        if (mode is not (null or "shared" or "separate"))
        {
            verifier.Error("environment_mode", $"= \"{mode}\" is not known", "write \"shared\" or \"separate\"");
        }

        var environment = verifier.Section("environment");
        if (mode == "shared" && environment.Exists)
        {
            verifier.Warning("environment", "has no effect with environment_mode = \"shared\"", "remove one of the two");
            return null;
        }

        if (mode != "separate" && !environment.Exists)
        {
            return null;
        }

        var read = TaskEnvironmentReader.Container(environment, new TaskSettings());
        foreach (var key in Known)
        {
            environment.Node(key);
        }

        var states = environment.Keys.Contains("network_mode") || environment.Keys.Contains("allow_internet") || environment.Keys.Contains("allowed_hosts");
        environment.ReportUnknown();
        return new SeparateVerifier
        {
            DockerImage = read.DockerImage,
            BuildTimeoutSec = read.BuildTimeoutSec,
            Cpus = read.Cpus,
            MemoryMb = read.MemoryMb,
            StorageMb = read.StorageMb,
            Network = states ? read.Network : null,
            AllowedHosts = read.AllowedHosts,
            Env = read.Env,
            Workdir = read.Workdir,
            Healthcheck = read.Healthcheck,
        };
    }

    /// <summary>Commands of <c>[[verifier.collect]]</c>; null for none.</summary>
    public static IReadOnlyList<CollectCommand>? Collect(TomlSection verifier, TaskFindings findings)
    {
        var commands = new List<CollectCommand>();
        foreach (var item in verifier.List("collect"))
        {
            if (item.Value is string plain && !string.IsNullOrWhiteSpace(plain))
            {
                commands.Add(new CollectCommand(plain));
                continue;
            }

            var section = new TomlSection("verifier.collect", item, findings);
            if (item.Value is not Dictionary<string, TomlNode> || (section.NonEmptyText("command") ?? section.NonEmptyText("run")) is not { } command)
            {
                verifier.Error("collect", "holds an entry without a command", "write command = \"...\" in each [[verifier.collect]]");
                continue;
            }

            commands.Add(new CollectCommand(command, TaskTomlReader.TimeoutSec(section, "timeout_sec") ?? CollectCommand.DefaultTimeoutSec, section.User("user")));
            section.Node("service");
            section.ReportUnknown();
        }

        return commands.Count == 0 ? null : commands;
    }
}

using System.Globalization;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>Reads the table <c>[environment]</c> of <c>task.toml</c>.</summary>
public static class TaskEnvironmentReader
{
    private const double MostCpus = 1024;

    /// <summary>16 TiB, in MiB.</summary>
    private const double MostMb = 16 * 1024 * 1024;

    /// <summary>The Docker engine refuses containers with less memory, in MiB.</summary>
    private const double LeastMemoryMb = 6;

    public static TaskSettings Read(TomlSection environment, TaskSettings defaults)
    {
        var settings = Container(environment, defaults) with
        {
            SkillsDir = environment.AbsolutePath("skills_dir"),
            AllowNewPrivileges = environment.Flag("allow_new_privileges") ?? false,
        };
        RefuseUnsupported(environment);
        if (environment.Keys.Contains("artifacts"))
        {
            environment.Node("artifacts");
            environment.Warning("artifacts", "belongs to the root of the file", "write artifacts before the first table");
        }

        environment.ReportUnknown();
        return settings;
    }

    /// <summary>What such a table says of any container, the agent's or the verifier's.</summary>
    public static TaskSettings Container(TomlSection environment, TaskSettings defaults)
    {
        var network = EnvironmentNetwork(environment, out var hosts);
        return defaults with
        {
            BuildTimeoutSec = TaskTomlReader.TimeoutSec(environment, "build_timeout_sec") ?? defaults.BuildTimeoutSec,
            DockerImage = environment.NonEmptyText("docker_image"),
            Cpus = environment.Number("cpus", double.Epsilon, MostCpus, "more than 0 and at most 1024"),
            MemoryMb = Size(environment, "memory_mb", "memory", LeastMemoryMb),
            StorageMb = Size(environment, "storage_mb", "storage", 1),
            Network = network,
            AllowedHosts = hosts,
            Env = environment.Env("env"),
            Workdir = environment.AbsolutePath("workdir"),
            Healthcheck = ReadHealthcheck(environment),
        };
    }

    /// <summary>The network mode of the environment or of a phase; null when it says none.</summary>
    /// <param name="section">The table.</param>
    /// <param name="hosts">Hosts that it allows; null where its network is no list.</param>
    public static NetworkMode? Network(TomlSection section, out IReadOnlyList<string>? hosts)
    {
        hosts = null;
        var listed = section.List("allowed_hosts");
        var mode = section.NonEmptyText("network_mode");
        switch (mode)
        {
            case "public" or "no-network":
                if (listed.Count > 0)
                {
                    section.Warning("allowed_hosts", $"has no effect with network_mode = \"{mode}\"", "remove it");
                }

                return mode == "public" ? NetworkMode.Public : NetworkMode.NoNetwork;
            case null when listed.Count == 0:
                return null;
            case null or "allowlist":
                hosts = Hosts(section, listed);
                return NetworkMode.Allowlist;
            default:
                section.Error("network_mode", $"= \"{mode}\" is not known", "write \"public\", \"no-network\" or \"allowlist\"");
                return null;
        }
    }

    private static IReadOnlyList<string> Hosts(TomlSection section, IReadOnlyList<TomlNode> listed)
    {
        if (listed.Count == 0)
        {
            section.Error("network_mode", "= \"allowlist\" names no host", "list them under allowed_hosts, or write \"no-network\"");
        }

        foreach (var node in listed.Where(node => node.Value is not string host || !AllowedHosts.IsEntry(host)))
        {
            section.Error("allowed_hosts", $"holds {(node.Value is string text ? $"\"{text}\"" : node.Kind)}, which is not a host", "write names such as \"example.org\", \"*.example.org\" or \"example.org:443\"");
        }

        return [.. listed.Select(node => node.Value).OfType<string>()];
    }

    private static NetworkMode EnvironmentNetwork(TomlSection environment, out IReadOnlyList<string>? hosts)
    {
        var mode = Network(environment, out hosts);
        if (environment.Flag("allow_internet") is not { } allowed)
        {
            return mode ?? NetworkMode.Public;
        }

        var older = allowed ? NetworkMode.Public : NetworkMode.NoNetwork;
        if (mode is not null && mode != older)
        {
            environment.Error("allow_internet", "contradicts network_mode", "keep network_mode only");
        }

        environment.Note("allow_internet", $"is the older spelling of network_mode = \"{(allowed ? "public" : "no-network")}\"");
        return mode ?? older;
    }

    private static long? Size(TomlSection environment, string key, string olderKey, double least)
    {
        var allowed = $"a whole number from {least.ToString(CultureInfo.InvariantCulture)} to 16777216 MiB (16 TiB)";
        var size = environment.Whole(key, least, MostMb, allowed);
        if (environment.Text(olderKey) is not { } text)
        {
            return size;
        }

        if (SizeMb(text) is not { } older)
        {
            environment.Error(olderKey, $"= \"{text}\" is not a size", $"write {key} in MiB, or a number with K, M, G or T such as \"2G\"");
            return size;
        }

        if (older < least || older > MostMb)
        {
            environment.Error(olderKey, $"= \"{text}\" is not possible", $"it must be {allowed}");
            return size;
        }

        var rounded = (long)Math.Ceiling(older);
        if (size is not null && size != rounded)
        {
            environment.Error(olderKey, $"= \"{text}\" contradicts {key}", $"keep {key} only");
        }

        environment.Note(olderKey, $"is the older spelling of {key} = {rounded.ToString(CultureInfo.InvariantCulture)}");
        return rounded;
    }

    /// <summary>Reads <c>2G</c>, <c>512M</c>, <c>1.5GiB</c>, in MiB.</summary>
    private static double? SizeMb(string text)
    {
        var upper = text.Trim().ToUpperInvariant();
        upper = upper.EndsWith('B') ? upper[..^1] : upper;
        upper = upper.EndsWith('I') ? upper[..^1] : upper;
        double? unit = upper.Length == 0 ? null : upper[^1] switch
        {
            'K' => 1.0 / 1024,
            'M' => 1,
            'G' => 1024,
            'T' => 1024 * 1024,
            _ => null,
        };
        return unit is not null && double.TryParse(upper.AsSpan(0, upper.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number * unit
            : null;
    }

    /// <summary>The check that must pass before an agent starts; null for none.</summary>
    public static Healthcheck? ReadHealthcheck(TomlSection environment)
    {
        var section = environment.Section("healthcheck");
        if (!section.Exists)
        {
            return null;
        }

        var defaults = new Healthcheck { Command = "" };
        var command = section.NonEmptyText("command");
        if (command is null)
        {
            section.Error("command", "is missing", "write the shell command that succeeds once the environment is ready");
        }

        var healthcheck = defaults with
        {
            Command = command ?? "",
            IntervalSec = TaskTomlReader.TimeoutSec(section, "interval_sec") ?? defaults.IntervalSec,
            TimeoutSec = TaskTomlReader.TimeoutSec(section, "timeout_sec") ?? defaults.TimeoutSec,
            StartPeriodSec = section.Number("start_period_sec", 0, 86_400, "from 0 to 86400 seconds") ?? defaults.StartPeriodSec,
            StartIntervalSec = TaskTomlReader.TimeoutSec(section, "start_interval_sec") ?? defaults.StartIntervalSec,
            Retries = (int)(section.Whole("retries", 1, 10_000, "from 1 to 10000") ?? defaults.Retries),
        };
        section.ReportUnknown();
        return healthcheck;
    }

    private static void RefuseUnsupported(TomlSection environment)
    {
        if (environment.NonEmptyText("os") is { } os && !string.Equals(os, "linux", StringComparison.OrdinalIgnoreCase))
        {
            environment.NotSupported("os", $"os = \"{os}\"", "only \"linux\" runs here");
        }

        if (environment.Number("gpus", 0, 1024, "from 0 to 1024") is > 0)
        {
            environment.NotSupported("gpus", "a task that needs GPUs", "run it on a machine with Harbor and GPUs, or set gpus = 0");
        }

        environment.List("gpu_types");
        if (environment.Node("tpu") is { IsEmpty: false } and not { Value: false or 0L or "" })
        {
            environment.NotSupported("tpu", "a task that needs a TPU", "remove it if the task works without");
        }

        if (environment.Node("mcp_servers") is { IsEmpty: false })
        {
            environment.NotSupported("mcp_servers", "a task with MCP servers", "offer the tools as commands in the image");
        }
    }
}

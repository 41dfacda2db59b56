using System.Text.Json.Serialization;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>Which network a container gets; the names are Harbor's.</summary>
public enum NetworkMode
{
    Public,
    NoNetwork,
    Allowlist,
}

/// <summary>
/// What <c>task.toml</c> asks for, in one shape whatever dialect it was written in. Values that name a host variable
/// (<c>${VAR}</c>, <c>${VAR:-default}</c>) stay templates here: they are resolved on the worker, so that a secret never
/// enters a history.
/// </summary>
public sealed record TaskSettings
{
    public const double DefaultAgentTimeoutSec = 3600;
    public const double DefaultVerifierTimeoutSec = 600;
    public const double DefaultBuildTimeoutSec = 600;
    public const long DefaultStorageMb = 10_240;

    /// <summary>Seconds the agent may work.</summary>
    public double AgentTimeoutSec { get; init; } = DefaultAgentTimeoutSec;

    /// <summary>Seconds the verifier may run.</summary>
    public double VerifierTimeoutSec { get; init; } = DefaultVerifierTimeoutSec;

    /// <summary>Seconds building or pulling the image may take.</summary>
    public double BuildTimeoutSec { get; init; } = DefaultBuildTimeoutSec;

    /// <summary>A prebuilt image; tried before the Dockerfile, which is the fallback where it cannot be pulled.</summary>
    public string? DockerImage { get; init; }

    /// <summary>CPUs, null for Harbor's default of 1.</summary>
    public double? Cpus { get; init; }

    /// <summary>Memory in MiB, null for Harbor's default of 2,048.</summary>
    public long? MemoryMb { get; init; }

    /// <summary>Storage in MiB, null for Harbor's default of 10,240.</summary>
    public long? StorageMb { get; init; }

    /// <summary>Network of the environment and of each phase that says nothing else.</summary>
    public NetworkMode Network { get; init; } = NetworkMode.Public;

    public NetworkMode? AgentNetwork { get; init; }

    public NetworkMode? VerifierNetwork { get; init; }

    /// <summary>Variables of the container (templates).</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables of the verifier (templates).</summary>
    public IReadOnlyDictionary<string, string> VerifierEnv { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables of the oracle (templates).</summary>
    public IReadOnlyDictionary<string, string> SolutionEnv { get; init; } = new Dictionary<string, string>();

    /// <summary>User the agent's commands run as, null for the image's.</summary>
    public string? AgentUser { get; init; }

    /// <summary>User <c>test.sh</c> runs as, null for the image's.</summary>
    public string? VerifierUser { get; init; }

    /// <summary>Working folder, null for the image's.</summary>
    public string? Workdir { get; init; }

    public Healthcheck? Healthcheck { get; init; }

    /// <summary>Hosts that may be reached where a phase's network is <see cref="NetworkMode.Allowlist"/>; a phase's own list stands above it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? AllowedHosts { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? AgentAllowedHosts { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? VerifierAllowedHosts { get; init; }

    /// <summary>The verifier's own container; null where it runs in the agent's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SeparateVerifier? Separate { get; init; }

    /// <summary>Commands that run in the agent's container, as root, when its work is over and before the verifier's begins.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CollectCommand>? Collect { get; init; }

    /// <summary>Steps of a multi-step task, in their order; null for a task of one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TaskStep>? Steps { get; init; }

    /// <summary>How the rewards of steps become one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public StepsReward StepsReward { get; init; }

    /// <summary>What a compose file says of the task's own container and of others; null for a task without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ComposeSettings? Compose { get; init; }

    /// <summary>Absolute path at which the agent's result is expected, in tasks that we made; null in others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OutputPath { get; init; }

    /// <summary>Folder in the image that holds the task's skills; null when the task names none.</summary>
    public string? SkillsDir { get; init; }

    /// <summary>Absolute paths in the container kept after the trial.</summary>
    public IReadOnlyList<ArtifactPath> Artifacts { get; init; } = [];

    /// <summary>Whether the task asks that set-uid programs may gain privileges; recorded in the trial.</summary>
    public bool AllowNewPrivileges { get; init; }
}

/// <summary>A path kept after the trial and what is left out of it.</summary>
public sealed record ArtifactPath(string Source, IReadOnlyList<string>? Exclude = null);

/// <summary>A check that must pass before the agent starts. Times in seconds; defaults are Harbor's.</summary>
public sealed record Healthcheck
{
    public required string Command { get; init; }

    public double IntervalSec { get; init; } = 5;

    public double TimeoutSec { get; init; } = 30;

    /// <summary>Failures in this time do not count as retries.</summary>
    public double StartPeriodSec { get; init; }

    public double StartIntervalSec { get; init; } = 5;

    public int Retries { get; init; } = 3;
}

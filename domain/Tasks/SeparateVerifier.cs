using System.Text.Json.Serialization;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>
/// A verifier with a container of its own (<c>[verifier] environment_mode = "separate"</c>, or <c>[verifier.environment]</c>). What it does
/// not say is as in the agent's container.
/// </summary>
public sealed record SeparateVerifier
{
    /// <summary>Whether its image is built from <c>tests/Dockerfile</c>, and so brings <c>/tests</c> along; else it is the agent's image.</summary>
    public bool OwnImage { get; init; }

    /// <summary>A prebuilt image; tried before <c>tests/Dockerfile</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DockerImage { get; init; }

    /// <summary>Seconds that building its image may take.</summary>
    public double BuildTimeoutSec { get; init; } = TaskSettings.DefaultBuildTimeoutSec;

    public double? Cpus { get; init; }

    public long? MemoryMb { get; init; }

    public long? StorageMb { get; init; }

    /// <summary>Its network; null for that of <c>[verifier]</c>, else of the environment.</summary>
    public NetworkMode? Network { get; init; }

    public IReadOnlyList<string>? AllowedHosts { get; init; }

    /// <summary>Variables of its container (templates).</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    public string? Workdir { get; init; }

    public Healthcheck? Healthcheck { get; init; }
}

/// <summary>A command of <c>[[verifier.collect]]</c>, which prepares what the verifier is to see.</summary>
/// <param name="Command">Run by a shell in the working folder, as root unless <paramref name="User"/> says otherwise.</param>
/// <param name="TimeoutSec">Seconds it may run.</param>
/// <param name="User">User it runs as; null for root.</param>
public sealed record CollectCommand(string Command, double TimeoutSec = CollectCommand.DefaultTimeoutSec, string? User = null)
{
    public const double DefaultTimeoutSec = 60;
}

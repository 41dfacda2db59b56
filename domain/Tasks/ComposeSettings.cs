using System.Text.Json.Serialization;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>
/// What <c>environment/docker-compose.yaml</c> says. Where it has no service but <c>main</c>, all of it is here (and cpus, memory, network and
/// image in the other settings); where it has several, the engine's own compose reads the file, and <see cref="Services"/> names them.
/// </summary>
public sealed record ComposeSettings
{
    /// <summary>Services besides <c>main</c>; empty where there are none.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>Replaces the image's command; null for as in a task without compose.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Replaces the image's entrypoint.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>User of <c>main</c>; null for the image's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? User { get; init; }

    /// <summary>Arguments of the build (templates).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? BuildArgs { get; init; }

    /// <summary>MiB of <c>/dev/shm</c>; null for the engine's default.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ShmMb { get; init; }

    /// <summary>Folders in memory, with the options of their mount.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Tmpfs { get; init; }

    /// <summary>Capabilities that the file adds; refused unless a setting of the host allows them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Capabilities { get; init; }
}

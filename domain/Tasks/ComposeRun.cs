namespace Spark.Temporal.Domain.Tasks;

/// <summary>What the containers of one trial get when a compose file is started.</summary>
public sealed record ComposeRun
{
    /// <summary>Name of the compose project, and of the agent's container.</summary>
    public required string Project { get; init; }

    /// <summary>Image of the agent's container.</summary>
    public required string Image { get; init; }

    public required IReadOnlyList<string> Entrypoint { get; init; }

    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Variables of the agent's container, over those of the file.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string? WorkingDirectory { get; init; }

    /// <summary>Folders in memory of the agent's container, with the options of their mount.</summary>
    public IReadOnlyDictionary<string, string> Memory { get; init; } = new Dictionary<string, string>();

    /// <summary>Of every container, network and volume.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Of each container.</summary>
    public required double Cpus { get; init; }

    /// <summary>Of each container.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Of each container.</summary>
    public required int Pids { get; init; }

    public IReadOnlyList<string> Capabilities { get; init; } = [];

    public bool NewPrivileges { get; init; }

    /// <summary>Whether anything beyond the task's own services can be reached.</summary>
    public bool Internet { get; init; } = true;
}

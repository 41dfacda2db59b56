using System.ComponentModel.DataAnnotations;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Settings of a sandbox host (section <c>Sandbox</c>).</summary>
public sealed class SandboxOptions
{
    public const string Section = "Sandbox";

    /// <summary>
    /// Name of this host, part of its task queue. Without one a name is made up once and kept in a file of
    /// <see cref="StateFolder"/>, so that it survives a restart of the worker.
    /// </summary>
    [RegularExpression("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", ErrorMessage = "Host must be 1 to 63 of a-z, 0-9 and inner hyphens.")]
    public string? Host { get; set; }

    /// <summary>Prefix of the name of this host's task queue.</summary>
    public string QueuePrefix { get; set; } = "";

    /// <summary>Folder in which the worker keeps what must survive its restart.</summary>
    [Required(AllowEmptyStrings = false)]
    public string StateFolder { get; set; } = ".spark";

    /// <summary>Docker's address; null for <c>DOCKER_HOST</c>, else the local socket.</summary>
    public string? DockerEndpoint { get; set; }

    /// <summary>Most processes in a container.</summary>
    [Range(64, 1_000_000)]
    public int PidsLimit { get; set; } = 1024;

    /// <summary>Bytes of a command's output that are kept; the middle of a longer one is left out.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int OutputBytes { get; set; } = 1024 * 1024;

    /// <summary>Most bytes of one file that is fetched from a container.</summary>
    [Range(1024, 1L << 40)]
    public long FileBytes { get; set; } = 16L * 1024 * 1024;

    /// <summary>Most bytes of one folder that is fetched from a container.</summary>
    [Range(1024, 1L << 40)]
    public long FolderBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>
    /// Gigabytes (10⁹ bytes) of disk that images built for tasks may hold; above it unused ones are removed, oldest use
    /// first. Images that were pulled are not counted and stay.
    /// </summary>
    [Range(0, 1_000_000)]
    public double ImagesGb { get; set; } = 50;

    /// <summary>
    /// Gigabytes (10⁹ bytes) that the steps of one build may write together; a build that writes more is ended.
    /// </summary>
    [Range(0.01, 1_000_000)]
    public double BuildGb { get; set; } = 20;

    /// <summary>Megabytes (2²⁰ bytes) of memory of each step of a build; the host's where that is less.</summary>
    [Range(64, 100_000_000)]
    public long BuildMemoryMb { get; set; } = 8192;

    /// <summary>CPUs of each step of a build.</summary>
    [Range(0.01, 100_000)]
    public double BuildCpus { get; set; } = 2;

    /// <summary>Most processes of each step of a build.</summary>
    [Range(64, 1_000_000)]
    public int BuildPids { get; set; } = 4096;

    /// <summary>Which builder Dockerfiles get.</summary>
    public ImageBuilder Builder { get; set; } = ImageBuilder.Auto;

    /// <summary>
    /// Cgroup below which BuildKit runs its steps, such as a systemd slice with limits that the host's administrator set; null for the engine's own.
    /// BuildKit has no other limits; the classic builder has those above.
    /// </summary>
    public string? BuildCgroup { get; set; }

    /// <summary>Variables of the worker that every task may have in its <c>env</c>; a run names more with <c>--task-env</c>.</summary>
    public string[] TaskEnv { get; set; } = [];

    /// <summary>Capabilities that the services of a compose file may add.</summary>
    public string[] ComposeCapabilities { get; set; } = [.. DockerContainerGateway.Capabilities];

    /// <summary>Least seconds between two looks at how much the containers of trials have written.</summary>
    [Range(0.1, 3600)]
    public double StorageIntervalSec { get; set; } = 3;

    /// <summary>Seconds between two sweeps for containers and images that no run needs any more.</summary>
    [Range(1, 86_400)]
    public double SweepIntervalSec { get; set; } = 60;
}

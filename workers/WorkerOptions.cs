using System.ComponentModel.DataAnnotations;

namespace Spark.Temporal.Workers;

/// <summary>Settings of the worker process, section <c>Worker</c>.</summary>
internal sealed class WorkerOptions
{
    public const string Section = "Worker";

    public const string WorkflowsRole = "workflows";

    public const string LlmRole = "llm";

    public const string SandboxRole = "sandbox";

    /// <summary>What this process does, separated by commas: <c>workflows</c>, <c>llm</c>, <c>sandbox</c>.</summary>
    public string Roles { get; set; } = $"{WorkflowsRole},{LlmRole},{SandboxRole}";

    /// <summary>Prefix of every task queue's name, so that deployments in one namespace do not take each other's work.</summary>
    [RegularExpression("[A-Za-z0-9._/-]{0,100}", ErrorMessage = "use letters, digits and . _ / -, at most 100 characters")]
    public string QueuePrefix { get; set; } = "";

    /// <summary>Workflow tasks worked on at once.</summary>
    [Range(2, 1000)]
    public int WorkflowSlots { get; set; } = 40;

    /// <summary>Workflows kept in memory between their tasks; the others are replayed when they go on.</summary>
    [Range(1, 100_000)]
    public int CachedWorkflows { get; set; } = 2000;

    /// <summary>Activities at once that read and write files (role <c>workflows</c>).</summary>
    [Range(1, 1000)]
    public int FileSlots { get; set; } = 20;

    /// <summary>Model calls at once, for each profile.</summary>
    [Range(1, 2000)]
    public int LlmSlots { get; set; } = 110;

    /// <summary>Commands and other steps in containers at once.</summary>
    [Range(1, 1000)]
    public int SandboxSlots { get; set; } = 60;

    /// <summary>Images prepared at once, and hints made.</summary>
    [Range(1, 100)]
    public int BuildSlots { get; set; } = 10;

    /// <summary>Folder for what must survive a restart of this worker, such as its host's name.</summary>
    [Required]
    public string StateFolder { get; set; } = ".spark/worker";

    /// <summary>Folder of the artifact store; workers of one cluster share it.</summary>
    [Required]
    public string ArtifactFolder { get; set; } = ".spark/artifacts";

    /// <summary>Key file that payloads are encrypted with; empty for no encryption.</summary>
    public string EncryptionKeys { get; set; } = "";

    /// <summary>
    /// Variables that hold secrets, separated by commas, beside those whose name has KEY, TOKEN, SECRET or PASSWORD in it:
    /// their values are masked in all that leaves the process.
    /// </summary>
    public string SecretVariables { get; set; } = "";

    /// <summary>Version of this worker's code; empty for the build's own.</summary>
    [RegularExpression("[A-Za-z0-9._+-]{0,100}", ErrorMessage = "use letters, digits and . _ + -, at most 100 characters")]
    public string DeploymentVersion { get; set; } = "";

    /// <summary>
    /// Whether runs stay on the version of the worker that they began on. Then nothing begins before a version is made the
    /// current one.
    /// </summary>
    public bool WorkerVersioning { get; set; }

    /// <summary>Name of this host in task queues; empty for the one kept in <see cref="StateFolder"/>, made at the first start.</summary>
    [RegularExpression("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", ErrorMessage = "use a-z, 0-9 and inner '-', at most 63 characters")]
    public string HostName { get; set; } = "";

    /// <summary>
    /// Seconds that activities other than model calls may go on after the process was asked to stop. Then they are cancelled, and another
    /// worker goes on with them.
    /// </summary>
    [Range(0, 3600)]
    public double GracefulShutdownSec { get; set; } = 20;

    /// <summary>
    /// Seconds that model calls in flight may go on after the process was asked to stop, since what is cut off is paid for again. No new
    /// one begins.
    /// </summary>
    [Range(0, 3600)]
    public double ModelShutdownSec { get; set; } = 120;

    /// <summary>
    /// State folder of the commands that started this worker beside a server of their own: it ends when that folder or that server is
    /// gone. Empty for a worker of a cluster, which waits for its server however long.
    /// </summary>
    public string EmbeddedIn { get; set; } = "";

    /// <summary>Seconds that the server may need until it answers, when it is started beside this worker; 0 for one that answers already.</summary>
    public double AwaitServerSec { get; set; }

    /// <summary>The longest that any activity may go on after the process was asked to stop.</summary>
    public TimeSpan LongestShutdown => TimeSpan.FromSeconds(Has(LlmRole) ? Math.Max(GracefulShutdownSec, ModelShutdownSec) : GracefulShutdownSec);

    /// <summary>Port of <c>GET /health</c>; 0 for none.</summary>
    [Range(0, 65535)]
    public int HealthPort { get; set; }

    /// <summary>Address that the health port is opened on; <c>*</c> for all.</summary>
    [Required]
    public string HealthAddress { get; set; } = "127.0.0.1";

    public bool Has(string role) => RoleNames().Contains(role);

    public IReadOnlyList<string> RoleNames() => Listed(Roles);

    public IReadOnlyList<string> SecretVariableNames() => Listed(SecretVariables);

    private static string[] Listed(string names) => names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>
/// Containers. <see cref="PrepareAsync"/> goes to any host (<see cref="TaskQueues.Sandbox"/>) and answers which host
/// took it; everything after goes to that host's own queue. All are safe to retry: containers have names derived from
/// the run, commands run once under their id, removal of what is gone succeeds.
/// Failures: <see cref="FailureTypes.SandboxLost"/> (the container is gone or its host forgot it),
/// <see cref="FailureTypes.BuildFailed"/>, <see cref="FailureTypes.StartFailed"/> (not retryable), otherwise retryable.
/// </summary>
public interface ISandboxActivities
{
    /// <summary>Builds or pulls the image unless this host has it already.</summary>
    [Activity("sandbox.prepare")]
    Task<PreparedImage> PrepareAsync(PrepareRequest request);

    /// <summary>Starts the container, waits for its healthcheck, and starts the agent's shell.</summary>
    [Activity("sandbox.start")]
    Task<StartedSandbox> StartAsync(StartRequest request);

    /// <summary>Runs the tool calls of the conversation's last message in the agent's shell, each once.</summary>
    [Activity("sandbox.run_turn")]
    Task<TurnReply> RunTurnAsync(TurnRequest request);

    /// <summary>
    /// After a lost container: runs every command already in the conversation again in a new one, adds a note, and asks
    /// no model anything.
    /// </summary>
    [Activity("sandbox.rerun")]
    Task<TurnReply> RerunAsync(RerunRequest request);

    /// <summary>
    /// Makes the container ready for a step of a multi-step task: what the one before was verified with is taken away, the step's files are put into
    /// the working folder, its script runs as the agent's user, and its healthcheck must pass.
    /// </summary>
    [Activity("sandbox.begin_step")]
    Task<BeginStepReply> BeginStepAsync(BeginStepRequest request);

    /// <summary>Copies <c>solution/</c> in and runs <c>solve.sh</c>.</summary>
    [Activity("sandbox.oracle")]
    Task<OracleReply> OracleAsync(OracleRequest request);

    /// <summary>
    /// Stops the agent's shell and its running command, copies <c>tests/</c> in, runs <c>test.sh</c>, reads reward and
    /// test results, and brings the logs home.
    /// </summary>
    [Activity("sandbox.verify")]
    Task<VerifyReply> VerifyAsync(VerifyRequest request);

    /// <summary>Unpacks a tar at the root of the container, as root and over what is there.</summary>
    [Activity("sandbox.put")]
    Task<PutReply> PutAsync(PutRequest request);

    /// <summary>Runs one command of ours, as root, once under its id.</summary>
    [Activity("sandbox.exec")]
    Task<ExecReply> ExecAsync(ExecRequest request);

    /// <summary>Kills and removes the container. Succeeds when it is gone already.</summary>
    [Activity("sandbox.remove")]
    Task<RemoveReply> RemoveAsync(RemoveRequest request);

    /// <summary>Looks at the disks of a host: the engine's, where it is on this host, and that of temporary files.</summary>
    [Activity("sandbox.disk")]
    Task<DiskReply> DiskAsync();
}

public sealed record PrepareRequest
{
    public required string Task { get; init; }
    public required string EnvironmentDigest { get; init; }
    public ArtifactRef? Environment { get; init; }
    public string? DockerImage { get; init; }
    public double BuildTimeoutSec { get; init; } = TaskSettings.DefaultBuildTimeoutSec;

    /// <summary>Build without the skills that the task itself brings (baseline arm of an evaluation).</summary>
    public bool WithoutSkills { get; init; }

    /// <summary>MiB that the step which makes the task's data may write; null for Harbor's default storage.</summary>
    public long? StorageMb { get; init; }

    /// <summary>Build context of the verifier's own image (<c>tests/</c>), built beside the other; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? Verifier { get; init; }

    /// <summary>The verifier's settings, where it has an image of its own; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SeparateVerifier? Separate { get; init; }

    /// <summary>What a compose file says of the build; null for a task without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ComposeSettings? Compose { get; init; }

    /// <summary>Agent that the image is to bring along; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AgentChoice? Agent { get; init; }

    /// <summary>User that the agent runs as; null for the image's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AgentUser { get; init; }
}

/// <param name="HostQueue">Task queue of the host that has the image.</param>
/// <param name="Image">Image id on that host.</param>
/// <param name="Cached">Whether nothing had to be built or pulled.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Log">The build's output; null when nothing was built.</param>
/// <param name="Notes">What the trial should record.</param>
/// <param name="VerifierImage">Id of the verifier's own image on that host; null for none.</param>
public sealed record PreparedImage(
    string HostQueue, string Image, bool Cached, long DurationMs, ArtifactRef? Log = null, IReadOnlyList<string>? Notes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? VerifierImage = null);

public sealed record StartRequest
{
    public required string Image { get; init; }
    public required string Task { get; init; }

    /// <summary>Which container of the attempt this is, from 1; part of its name.</summary>
    public int Ordinal { get; init; } = 1;

    /// <summary>Seconds from now after which the container ends by itself.</summary>
    public required double DeadlineSec { get; init; }

    public required TaskSettings Settings { get; init; }

    /// <summary>The task's <c>environment/</c>, where its compose file has several services; null for one container.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? Environment { get; init; }

    /// <summary>Variables of the host that the task may have, besides those of the host's settings; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? TaskEnv { get; init; }

    /// <summary>Start the agent's shell (the terminal agent needs it; oracle and nop do not).</summary>
    public bool Shell { get; init; }

    /// <summary>
    /// Workflow to which the container belongs (label <c>spark.run</c>); the attempt's own id is taken from the activity.
    /// </summary>
    public required string Run { get; init; }

    /// <summary>Skill to install before the agent starts: a tar with one folder per skill at its root.</summary>
    public ArtifactRef? Skills { get; init; }

    /// <summary>Take away what skills the image brings, before the given ones are installed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WithoutSkills { get; init; }
}

/// <param name="Container">Id of the container.</param>
/// <param name="Workdir">Folder in which the agent starts.</param>
/// <param name="User">User the agent runs as.</param>
/// <param name="DurationMs">From the request to a container that passed its healthcheck, in milliseconds.</param>
/// <param name="Notes">What the trial should record (limits lowered to the host, relaxed privileges).</param>
public sealed record StartedSandbox(
    string Container, string Workdir, string User, long DurationMs, IReadOnlyList<string>? Notes = null);

public sealed record TurnRequest
{
    /// <summary>Characters of output the model sees where <see cref="OutputCharacters"/> says nothing else.</summary>
    public const int DefaultOutputCharacters = 16_000;

    public required string Container { get; init; }

    /// <summary>Number of the turn, from 1; commands run under <c>turn-N.M</c>.</summary>
    public required int Turn { get; init; }

    /// <summary>The conversation whose last message holds the calls.</summary>
    public required ArtifactRef Conversation { get; init; }

    /// <summary>Seconds a command may run when it names no time-out of its own, and at most.</summary>
    public double TimeoutSec { get; init; } = 120;

    /// <summary>Characters of output the model sees; the middle of a longer one is cut and counted.</summary>
    /// <remarks>Null rather than the default's number: a history holds one of these per turn.</remarks>
    public int? OutputCharacters { get; init; }
}

/// <param name="Conversation">The conversation with one tool message per call added.</param>
/// <param name="Commands">How many commands ran.</param>
/// <param name="ExitCode">Exit code of the last one.</param>
/// <param name="DurationMs">How long they ran in all, in milliseconds.</param>
/// <param name="ContainerEnded">The container ended while a command ran: the agent's own doing, and the end of its work.</param>
public sealed record TurnReply(
    ArtifactRef Conversation, int Commands, int ExitCode, long DurationMs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool ContainerEnded = false);

public sealed record RerunRequest
{
    public required string Container { get; init; }
    public required ArtifactRef Conversation { get; init; }
    public double TimeoutSec { get; init; } = 120;

    /// <summary>Why, in words for the trajectory.</summary>
    public required string Reason { get; init; }

    /// <summary>The conversation up to which the commands have run in the container already; null for none of them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? After { get; init; }
}

public sealed record BeginStepRequest
{
    public required string Container { get; init; }

    /// <summary>Name of the step.</summary>
    public required string Step { get; init; }

    /// <summary>The task's settings as they hold in this step.</summary>
    public required TaskSettings Settings { get; init; }

    /// <summary>Those of the step before; null before the first one.</summary>
    public TaskSettings? Before { get; init; }

    /// <summary>What is put into the working folder; null for nothing.</summary>
    public ArtifactRef? Workdir { get; init; }

    /// <summary>Whether a script among it is run.</summary>
    public bool Setup { get; init; }

    /// <summary>Check that must pass before the agent works on; null for none.</summary>
    public Healthcheck? Healthcheck { get; init; }

    /// <summary>Seconds that the script may run.</summary>
    public required double TimeoutSec { get; init; }
}

/// <param name="ExitCode">Exit code of the script; 0 where there is none, 124 when its time-out ended it.</param>
/// <param name="Tail">The end of its output.</param>
/// <param name="DurationMs">How long all took, in milliseconds.</param>
public sealed record BeginStepReply(int ExitCode, string Tail, long DurationMs);

public sealed record OracleRequest
{
    public required string Container { get; init; }
    public required ArtifactRef Solution { get; init; }
    public required double TimeoutSec { get; init; }
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables of the host that the task may have, besides those of the host's settings; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? TaskEnv { get; init; }

    /// <summary>User it runs as; null for root.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? User { get; init; }

    /// <summary>Name of the step in a multi-step task; null in others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Step { get; init; }

    /// <summary>Also bring home the files it made or changed (for the verifier hint).</summary>
    public bool KeepChanges { get; init; }
}

/// <param name="ExitCode">Exit code of <c>solve.sh</c>; it decides nothing, the reward does.</param>
/// <param name="TimedOut">Whether its time-out ended it.</param>
/// <param name="Output">Its output, capped.</param>
/// <param name="DurationMs">How long it ran, in milliseconds.</param>
/// <param name="Changes">Files it made or changed outside <c>/solution</c>, <c>/tmp</c> and <c>/logs</c> (tar, capped) with its output as <c>spark-oracle-stdout.txt</c>, where asked for.</param>
public sealed record OracleReply(int ExitCode, bool TimedOut, ArtifactRef Output, long DurationMs, ArtifactRef? Changes = null);

/// <param name="Container">Container to write into.</param>
/// <param name="Files">The files (tar), named by their absolute paths without the leading slash.</param>
public sealed record PutRequest(string Container, ArtifactRef Files);

/// <param name="Files">How many files were written.</param>
public sealed record PutReply(int Files);

public sealed record ExecRequest
{
    public required string Container { get; init; }

    /// <summary>Names this command among those of the container; run once under it.</summary>
    public required string Id { get; init; }

    /// <summary>Program and arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Folder in which it runs.</summary>
    public string Workdir { get; init; } = "/";

    /// <summary>Seconds it may run.</summary>
    public required double TimeoutSec { get; init; }
}

/// <param name="ExitCode">Its exit code; 124 when its time-out ended it.</param>
/// <param name="TimedOut">Whether its time-out ended it.</param>
/// <param name="Output">Output and errors, capped; equal references are equal bytes.</param>
/// <param name="Tail">The last 1,500 characters of the output.</param>
/// <param name="DurationMs">How long it ran, in milliseconds.</param>
public sealed record ExecReply(int ExitCode, bool TimedOut, ArtifactRef Output, string Tail, long DurationMs);

/// <param name="Container">Container to remove; empty when the workflow was not told its id.</param>
/// <param name="Ordinal">Which container of the attempt it is; with the workflow's ids this gives its name.</param>
/// <param name="All">Also what belongs to it: its verifier's container, the services of its compose file and their networks and volumes.</param>
public sealed record RemoveRequest(string Container, int Ordinal = 0, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool All = false);

/// <param name="Removed">False when it was gone already.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
public sealed record RemoveReply(bool Removed, long DurationMs);

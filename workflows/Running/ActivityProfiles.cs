using Spark.Temporal.Workflows.Messages;
using Temporalio.Common;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>
/// Time-outs and retry policies of every activity, each named once with its reason. Nothing here bounds how long an
/// activity may wait for a worker, except on a host's own queue: a cluster that is down overnight must find its runs as
/// it left them, not timed out.
/// </summary>
internal static class ActivityProfiles
{
    /// <summary>How much longer than its command a sandbox activity may take: starting it and bringing the output home.</summary>
    private static readonly TimeSpan CommandSlack = TimeSpan.FromSeconds(30);

    /// <summary>A worker that died is noticed after this long, and the command is then looked up by its id.</summary>
    private static readonly TimeSpan SandboxHeartbeat = TimeSpan.FromSeconds(15);

    /// <summary>The worker of the file activities beats for each of them; long enough for one that is starved of CPU.</summary>
    private static readonly TimeSpan WorkerBeats = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Reading a task or writing results: file system and store only. Tried for half a minute, then the run says that it waits
    /// (<see cref="RecordSteps"/>); final failures are thrown as such. The worker beats for them: a killed one costs
    /// seconds, not the five minutes that a slow disk may take.
    /// </summary>
    public static ActivityOptions Records(string summary) => new()
    {
        TaskQueue = Queue(TaskQueues.Workflows),
        StartToCloseTimeout = TimeSpan.FromMinutes(5),
        HeartbeatTimeout = WorkerBeats,
        RetryPolicy = new RetryPolicy { InitialInterval = TimeSpan.FromSeconds(1), MaximumInterval = TimeSpan.FromSeconds(30), MaximumAttempts = 6 },
        Summary = summary,
    };

    /// <summary>
    /// A batch's pages and results, and looks at its runs. Tried for half a minute, then the batch says that it waits and tries on
    /// for as long as it takes; a cancelled batch still keeps what ended, so it is never cancelled.
    /// </summary>
    public static ActivityOptions Batches(string summary) => new()
    {
        TaskQueue = Queue(TaskQueues.Workflows),
        StartToCloseTimeout = TimeSpan.FromMinutes(5),
        HeartbeatTimeout = WorkerBeats,
        RetryPolicy = new RetryPolicy { InitialInterval = TimeSpan.FromSeconds(1), MaximumInterval = TimeSpan.FromSeconds(30), MaximumAttempts = 6 },
        CancellationToken = CancellationToken.None,
        Summary = summary,
    };

    /// <summary>Listing a batch's items reads every one of their files for its digest: many minutes on a slow share, which is why it heartbeats.</summary>
    public static ActivityOptions BatchPlan(string summary) => new()
    {
        TaskQueue = Queue(TaskQueues.Workflows),
        StartToCloseTimeout = TimeSpan.FromHours(1),
        HeartbeatTimeout = WorkerBeats,
        RetryPolicy = new RetryPolicy { InitialInterval = TimeSpan.FromSeconds(1), MaximumInterval = TimeSpan.FromSeconds(30), MaximumAttempts = 20 },
        Summary = summary,
    };

    /// <summary>A look at disks before something is started there. Whoever does not answer soon is not waited for.</summary>
    public static ActivityOptions Disks(string queue, string summary) => new()
    {
        TaskQueue = Queue(queue),
        ScheduleToStartTimeout = TimeSpan.FromSeconds(10),
        StartToCloseTimeout = TimeSpan.FromSeconds(30),
        RetryPolicy = new RetryPolicy { MaximumAttempts = 1 },
        CancellationToken = CancellationToken.None,
        Summary = summary,
    };

    /// <summary>
    /// A word with the server about the version that a continued run goes on with. All of the batch waits for it, so it is
    /// tried for two minutes of the server's bad weather; then the batch stays where it is. A cancelled one must be pinned too.
    /// </summary>
    public static ActivityOptions Version(string summary) => new()
    {
        TaskQueue = Queue(TaskQueues.Workflows),
        StartToCloseTimeout = TimeSpan.FromSeconds(30),
        RetryPolicy = new RetryPolicy { InitialInterval = TimeSpan.FromSeconds(1), MaximumInterval = TimeSpan.FromSeconds(30), MaximumAttempts = 8 },
        CancellationToken = CancellationToken.None,
        Summary = summary,
    };

    /// <summary>
    /// One model call. The client does not retry, this policy does: a few minutes of a provider's bad weather, more when its
    /// Retry-After asks for it; then the run says that it waits. A reply that cannot be stored is held by the worker as long as
    /// that takes, so what bounds a try is its heartbeats, and the settings' limit of a request.
    /// </summary>
    public static ActivityOptions Model(ModelChoice model, int tries, string summary) => new()
    {
        TaskQueue = Queue(TaskQueues.Llm(model.Profile)),
        StartToCloseTimeout = TimeSpan.FromDays(7),
        HeartbeatTimeout = TimeSpan.FromSeconds(20),
        RetryPolicy = new RetryPolicy
        {
            InitialInterval = TimeSpan.FromSeconds(1),
            BackoffCoefficient = 2,
            MaximumInterval = TimeSpan.FromSeconds(60),
            MaximumAttempts = tries,
        },
        Summary = summary,
    };

    /// <summary>
    /// One short request to a model before anything starts. A person waits for it, so it says within seconds that no worker is
    /// there, and the activity itself decides whether to ask twice.
    /// </summary>
    public static ActivityOptions Probe(ModelChoice model, double patienceSec) => new()
    {
        TaskQueue = Queue(TaskQueues.Llm(model.Profile)),
        ScheduleToStartTimeout = TimeSpan.FromSeconds(patienceSec),
        StartToCloseTimeout = TimeSpan.FromSeconds(75),
        RetryPolicy = new RetryPolicy { MaximumAttempts = 1 },
        Summary = $"does {model.Name ?? model.Profile} answer?",
    };

    /// <summary>Four calls of a model under test, each with its own patience. A person waits for it, so it is made once.</summary>
    public static ActivityOptions Test(ModelChoice model, double patienceSec) => new()
    {
        TaskQueue = Queue(TaskQueues.Llm(model.Profile)),
        ScheduleToStartTimeout = TimeSpan.FromSeconds(patienceSec),
        StartToCloseTimeout = TimeSpan.FromMinutes(30),
        HeartbeatTimeout = TimeSpan.FromSeconds(60),
        RetryPolicy = new RetryPolicy { MaximumAttempts = 1 },
        Summary = $"what does {model.Name ?? model.Profile} do?",
    };

    /// <summary>How a worker asks a model: read from its settings and its store, so it is quick.</summary>
    public static ActivityOptions Describe(ModelChoice model, double patienceSec) => new()
    {
        TaskQueue = Queue(TaskQueues.Llm(model.Profile)),
        ScheduleToStartTimeout = TimeSpan.FromSeconds(patienceSec),
        StartToCloseTimeout = TimeSpan.FromSeconds(30),
        RetryPolicy = new RetryPolicy { MaximumAttempts = 1 },
        Summary = $"how is {model.Name ?? model.Profile} asked?",
    };

    /// <summary>A small file in each folder that will be written to; a share that hangs is a problem too.</summary>
    public static ActivityOptions ProbeFolders() => new()
    {
        TaskQueue = Queue(TaskQueues.Workflows),
        ScheduleToCloseTimeout = TimeSpan.FromSeconds(60),
        RetryPolicy = new RetryPolicy { MaximumAttempts = 1 },
        Summary = "can results be written?",
    };

    /// <summary>Building an image on whichever host takes it; waits for a host as long as it takes.</summary>
    public static ActivityOptions Prepare(double buildTimeoutSec, string summary) => new()
    {
        TaskQueue = Queue(TaskQueues.Sandbox),
        StartToCloseTimeout = TimeSpan.FromSeconds(buildTimeoutSec) + CommandSlack,
        HeartbeatTimeout = SandboxHeartbeat,
        RetryPolicy = new RetryPolicy { InitialInterval = TimeSpan.FromSeconds(1), MaximumInterval = TimeSpan.FromSeconds(15), MaximumAttempts = 6 },
        Summary = summary,
    };

    /// <summary>
    /// A step on a container, which exists on one host only: when no worker takes it within the limit, the workflow decides
    /// what becomes of the attempt. Retries find the command by its id, so they repeat nothing.
    /// </summary>
    public static ActivityOptions OnHost(string hostQueue, double commandTimeoutSec, double scheduleToStartSec, string summary) => new()
    {
        TaskQueue = hostQueue,
        ScheduleToStartTimeout = TimeSpan.FromSeconds(scheduleToStartSec),
        StartToCloseTimeout = TimeSpan.FromSeconds(commandTimeoutSec) + CommandSlack,
        HeartbeatTimeout = SandboxHeartbeat,
        RetryPolicy = new RetryPolicy { InitialInterval = TimeSpan.FromMilliseconds(500), MaximumInterval = TimeSpan.FromSeconds(10), MaximumAttempts = 8 },
        Summary = summary,
    };

    /// <summary>
    /// Removing a container must happen though the run was cancelled. It is waited for no longer than a host may stay away:
    /// one that does removes the container by its sweep, and the container ends at its deadline by itself.
    /// </summary>
    public static ActivityOptions Remove(string hostQueue, double scheduleToStartSec) => new()
    {
        TaskQueue = hostQueue,
        ScheduleToStartTimeout = TimeSpan.FromSeconds(scheduleToStartSec),
        ScheduleToCloseTimeout = TimeSpan.FromSeconds(scheduleToStartSec) + TimeSpan.FromMinutes(1),
        StartToCloseTimeout = TimeSpan.FromSeconds(30),
        RetryPolicy = new RetryPolicy { InitialInterval = TimeSpan.FromMilliseconds(200), MaximumInterval = TimeSpan.FromSeconds(5) },
        CancellationToken = CancellationToken.None,
        Summary = "remove the container",
    };

    /// <summary>A queue of the deployment that this workflow belongs to.</summary>
    private static string Queue(string name) => TaskQueues.PrefixOf(Workflow.Info.TaskQueue) + name;
}

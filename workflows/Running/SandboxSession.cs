using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>
/// The container of one attempt, wherever it lives just now. A step that finds its container gone, or its host away, is
/// carried out on a new container in which the commands so far were run again. An engine that does not answer is waited for:
/// its containers are there again when it is.
/// </summary>
/// <param name="package">The task.</param>
/// <param name="limits">Limits of its steps.</param>
/// <param name="outages">How the run waits for an engine or a store.</param>
/// <param name="run">Workflow that the containers belong to.</param>
/// <param name="shell">Whether the agent's shell is started.</param>
/// <param name="deadlineSec">Seconds after which a container ends by itself.</param>
/// <param name="skills">Skills that are installed; null for none.</param>
/// <param name="firstOrdinal">Number of the first container.</param>
/// <param name="withoutOwnSkills">Take away what skills the image brings.</param>
/// <param name="agent">Agent that its image brings along, and the seconds that its installation may take; null for none.</param>
/// <param name="fresh">A step is made of several that must not be done twice in one container: whatever interrupts it, it starts again in a new one.</param>
internal sealed partial class SandboxSession(
    TaskPackage package, AttemptLimits limits, Outages outages, string run, bool shell, double deadlineSec, ArtifactRef? skills, int firstOrdinal = 1,
    bool withoutOwnSkills = false, bool fresh = false, (AgentChoice Choice, double InstallSec)? agent = null)
{
    private readonly List<Task> _removals = [];
    private readonly List<string> _notes = [];
    private PreparedImage? _image;
    private StartedSandbox? _started;
    private int _ordinal = firstOrdinal - 1;
    private int _failures;
    private string _why = "The container was given back while the run stood still.";

    /// <summary>Containers lost so far.</summary>
    public int Losses { get; private set; }

    public IReadOnlyList<string> Notes => _notes;

    public PreparedImage? Image => _image;

    public StartedSandbox? Container => _started;

    /// <summary>The conversation whose commands a new container must have seen; null while there is none.</summary>
    public ArtifactRef? Conversation { get; set; }

    /// <summary>
    /// What was done besides the commands of <see cref="Conversation"/>, in order, done again in a new container: an oracle's work must not be
    /// missing when it is verified.
    /// </summary>
    private readonly List<Func<string, string, Task>> _redo = [];

    /// <summary>Whether there is nothing to repeat in a new container but commands of the conversation.</summary>
    public bool NothingToRedo => _redo.Count == 0;

    /// <summary>The conversation up to which the commands are repeated by what is remembered; null for none of them.</summary>
    public ArtifactRef? Remembered { get; private set; }

    /// <summary>Remembers what was done, to do it again in a new container, before all commands that are not repeated yet.</summary>
    public void Remember(Func<string, string, Task> work) => _redo.Add(work);

    /// <summary>Remembers the commands of the conversation so far: what is remembered later comes after them.</summary>
    public void RememberCommands()
    {
        if (Conversation is { } said && said != Remembered)
        {
            var after = Remembered;
            _redo.Add((container, queue) => RerunAsync(container, queue, said, after));
            Remembered = said;
        }
    }

    /// <summary>Set when re-running the commands ended the new container too.</summary>
    public bool EndedByItsCommands { get; private set; }

    public Task BuildAsync() => outages.ThroughAsync(
        async () =>
        {
            await PrepareAsync();
            return true;
        },
        failure => Outage.OfEngine(failure, _image?.HostQueue ?? "any host"));

    private async Task PrepareAsync()
    {
        var again = _image is not null;
        var built = package.Settings.Compose is { BuildArgs: not null } compose ? compose : null;
        var brought = agent?.Choice;
        var user = agent is null ? null : package.Settings.AgentUser;
        _image = await Workflow.ExecuteActivityAsync(
            (ISandboxActivities sandbox) => sandbox.PrepareAsync(new PrepareRequest
            {
                Task = package.Name,
                EnvironmentDigest = package.EnvironmentDigest,
                Environment = package.Environment,
                DockerImage = package.Settings.DockerImage,
                BuildTimeoutSec = package.Settings.BuildTimeoutSec,
                WithoutSkills = withoutOwnSkills,
                StorageMb = package.Settings.StorageMb,
                Verifier = package.VerifierEnvironment,
                Separate = package.Settings.Separate,
                Compose = built,
                Agent = brought,
                AgentUser = user,
            }),
            ActivityProfiles.Prepare(Math.Max(package.Settings.BuildTimeoutSec, package.Settings.Separate?.BuildTimeoutSec ?? 0) + (agent?.InstallSec ?? 0), again ? "find a host for a new container" : $"image of {package.Name}"));
        if (!again)
        {
            _notes.AddRange(_image.Notes ?? []);
        }
    }

    /// <summary>Starts the first container.</summary>
    public Task StartAsync() => StepAsync((_, _) => Task.FromResult(true));

    /// <summary>Carries out one step on the container, on another one where this is lost on the way.</summary>
    /// <param name="step">Gets the container's id and its host's queue; called again after a loss.</param>
    /// <exception cref="ActivityFailureException">The step failed finally, or too many containers were lost.</exception>
    public async Task<T> StepAsync<T>(Func<string, string, Task<T>> step)
    {
        while (true)
        {
            try
            {
                if (_started is null)
                {
                    await StartOneAsync();
                    await RerunAsync();
                }

                var result = await step(_started!.Container, _image!.HostQueue);
                await outages.OverAsync();
                return result;
            }
            catch (ActivityFailureException failure) when (!TemporalException.IsCanceledException(failure) && !ActivityFailures.IsFinal(failure))
            {
                if (Outage.OfEngine(failure, _image!.HostQueue) is { } outage)
                {
                    await WaitOutAsync(outage);
                }
                else
                {
                    await RecoverAsync(failure);
                }

                if (fresh && _started is not null)
                {
                    GiveBack();
                }
            }
        }
    }

    /// <summary>Waits for the engine or the store; the container stays, and the next try looks for it by its name.</summary>
    private async Task WaitOutAsync(Outage outage)
    {
        if (_started is null && _ordinal >= firstOrdinal)
        {
            _ordinal--;
        }

        await outages.WaitAsync(outage);
    }

    /// <summary>Finds a place for the next try; the container, where there was one, is given up unless its host is back.</summary>
    private async Task RecoverAsync(ActivityFailureException failure)
    {
        var before = _image!.HostQueue;
        var away = ActivityFailures.IsHostAway(failure);
        if (!away)
        {
            ReportLoss(failure);
            GiveBack();
        }

        await BuildAsync();
        if (!away || _image!.HostQueue == before)
        {
            // A host that is back has its containers: a restart is no loss. Were the container gone, the step will say so.
            return;
        }

        _removals.Add(RemoveQuietlyAsync(before, Removal()));
        ReportLoss(failure);
        _started = null;
    }

    private void ReportLoss(ActivityFailureException failure)
    {
        _why = _started is null
            ? $"Container {_ordinal} did not start: {ActivityFailures.Words(failure)}"
            : $"Container {_ordinal} was lost: {ActivityFailures.Words(failure)}";
        _notes.Add(_why);
        Losses += _started is null ? 0 : 1;
        if (++_failures > limits.MaxLosses)
        {
            throw failure;
        }
    }

    private async Task StartOneAsync()
    {
        _ordinal++;
        var healthcheck = package.Settings.Healthcheck is { } check
            ? check.StartPeriodSec + ((check.IntervalSec + check.TimeoutSec) * (check.Retries + 1))
            : 0;
        var options = ActivityProfiles.OnHost(_image!.HostQueue, 120 + healthcheck, limits.HostAwaySec, $"start container {_ordinal}");

        // A start that is cancelled half-way must have ended before the removal looks for its container.
        options.CancellationType = ActivityCancellationType.WaitCancellationCompleted;
        _started = await Workflow.ExecuteActivityAsync(
            (ISandboxActivities sandbox) => sandbox.StartAsync(new StartRequest
            {
                Image = _image.Image,
                Task = package.Name,
                Ordinal = _ordinal,
                DeadlineSec = deadlineSec,
                Settings = package.Settings,
                TaskEnv = limits.TaskEnv,
                Environment = HasServices ? package.Environment : null,
                Shell = shell,
                Run = run,
                Skills = skills,
                WithoutSkills = withoutOwnSkills,
            }),
            options);
        foreach (var note in _started.Notes ?? [])
        {
            if (!_notes.Contains(note))
            {
                _notes.Add(note);
            }
        }
    }

    private async Task RerunAsync()
    {
        foreach (var work in _redo.ToList())
        {
            await work(_started!.Container, _image!.HostQueue);
        }

        if (Conversation is { } said)
        {
            Conversation = (await RerunAsync(_started!.Container, _image!.HostQueue, said, Remembered)).Conversation;
        }
    }

    private async Task<TurnReply> RerunAsync(string container, string queue, ArtifactRef said, ArtifactRef? after)
    {
        // Every command so far has a limit of its own; all together get the agent's whole time.
        var seconds = package.Settings.AgentTimeoutSec * limits.TimeoutMultiplier;
        var reply = await Workflow.ExecuteActivityAsync(
            (ISandboxActivities sandbox) => sandbox.RerunAsync(new RerunRequest
            {
                Container = container,
                Conversation = said,
                After = after,
                TimeoutSec = limits.MaxCommandTimeoutSec,
                Reason = _why,
            }),
            ActivityProfiles.OnHost(queue, seconds, limits.HostAwaySec, "run the commands so far again"));
        EndedByItsCommands |= reply.ContainerEnded;
        return reply;
    }
}

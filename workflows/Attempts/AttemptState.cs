using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>What an attempt knows of itself; its agent writes here as it goes, so that nothing is lost with a failure.</summary>
/// <param name="control">How it is operated.</param>
/// <param name="show">Rewrites the details that a person sees.</param>
internal sealed class AttemptState(RunControl control, Action show)
{
    private string _step = "starting";
    private readonly List<PhaseTime> _phases = [];

    public ArtifactRef? Conversation { get; set; }
    public ArtifactRef? AgentOutput { get; set; }
    public TokenUsage Usage => control.Usage;
    public int Turns { get; set; }
    public int ModelCalls { get; set; }
    public int ResentInFlight => control.ResentInFlight;
    public bool AgentTimedOut { get; set; }

    /// <summary>Replies that an attempt before this one has paid for and counted.</summary>
    public int TakenOver { get; private set; }

    /// <summary>The agent's own doing ended its container: there is nothing left to verify.</summary>
    public bool ContainerEnded { get; set; }

    /// <summary>Milliseconds the agent has used: model calls and commands, not what was repeated after a loss.</summary>
    public long AgentMs { get; set; }

    /// <summary>What the attempt does just now, for the user interface.</summary>
    public string Step
    {
        get => _step;
        set
        {
            _step = Prefix + value;
            show();
        }
    }

    /// <summary>Said before all that it does: the step of a multi-step task.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>How far each step of a multi-step task got.</summary>
    public List<StepResult> Steps { get; } = [];

    /// <summary>The step in which it was cancelled; null where it was not.</summary>
    public string? CancelledIn { get; set; }

    public List<string> Notes { get; } = [];

    public IReadOnlyList<PhaseTime> Phases => _phases;

    /// <param name="reply">What came.</param>
    /// <param name="counted">Runs that have paid for some replies and told so.</param>
    public void Count(LlmReply reply, IReadOnlyList<string>? counted)
    {
        if (reply.PaidBy is { } payer && (counted?.Contains(payer) ?? false))
        {
            TakenOver++;
        }
        else
        {
            control.Count(reply);
        }

        if (reply.Note is { } note && !Notes.Any(known => known.Split(':')[0] == note.Split(':')[0]))
        {
            Notes.Add(note);
        }

        AgentMs += reply.DurationMs;
        Conversation = reply.Conversation;
    }

    /// <summary>Replies that no call could use were paid for too.</summary>
    public void CountLost(TokenUsage usage) => control.Spend(usage, 0, 0);

    public void Count(AgentRunReply reply)
    {
        control.Spend(reply.Usage, reply.ModelCalls, 0);
        ModelCalls += reply.ModelCalls;
        Turns += reply.Commands;
        AgentMs += reply.DurationMs;
        (Conversation, AgentOutput) = (reply.Conversation, reply.Output);
        (AgentTimedOut, ContainerEnded) = (reply.TimedOut, reply.ContainerEnded);
        Notes.AddRange(reply.Notes);
    }

    /// <summary>Carries out a phase and keeps when it started and how long it took, also when it fails.</summary>
    public async Task PhaseAsync(string phase, Func<Task> body)
    {
        var started = Workflow.UtcNow;
        Step = phase;
        try
        {
            await body();
        }
        finally
        {
            _phases.Add(new PhaseTime(phase, started, Elapsed.Milliseconds(started)));
        }
    }

    public PhaseDurations Durations => new(Of("build"), Of("start"), Of("agent"), Of("verify"), Of("remove"));

    /// <summary>What the attempt came to: without a package its task could not be read, without a failure it went to its end.</summary>
    public AttemptResult Result(
        AttemptInput input, TaskPackage? package, string? agentVersion, SandboxSession? sandbox, VerifyReply? verdict, DateTime started, Exception? failure)
    {
        var ended = ContainerEnded ? "A command of the agent ended its container, so there was nothing to verify." : null;
        return new AttemptResult
        {
            Task = package?.Name ?? input.TaskDir ?? "",
            Agent = input.Agent,
            AgentVersion = agentVersion,
            Outcome = AttemptOutcome.Of(failure, ContainerEnded, verdict, Steps),
            Reward = verdict?.Reward,
            Rewards = verdict?.Rewards ?? new Dictionary<string, double>(),
            TestsPassed = verdict?.TestsPassed ?? 0,
            TestsTotal = verdict?.TestsTotal ?? 0,
            Error = failure is null ? ended ?? verdict?.RewardProblem : ActivityFailures.Words(failure),
            ErrorType = failure is null ? (verdict is { TimedOut: true, Reward: null } ? FailureTypes.VerifierTimeout : null) : ActivityFailures.TypeOf(failure) ?? FailureTypes.SandboxUnavailable,
            Conversation = Conversation,
            AgentOutput = AgentOutput,
            VerifierOutput = verdict?.Output,
            Ctrf = verdict?.Ctrf,
            AgentLogs = verdict?.AgentLogs,
            VerifierLogs = verdict?.VerifierLogs,
            Artifacts = verdict?.Artifacts,
            ServiceLogs = verdict?.ServiceLogs,
            BuildLog = sandbox?.Image?.Log,
            Verdict = verdict?.Mode ?? default,
            VerdictWarnings = verdict?.Warnings,
            SharedReward = verdict?.SharedReward,
            VerdictsDiffer = verdict?.Differs ?? false,
            Usage = Usage,
            Turns = Turns,
            ModelCalls = ModelCalls,
            ResentInFlight = ResentInFlight,
            Losses = sandbox?.Losses ?? 0,
            AgentTimedOut = AgentTimedOut || Steps.Any(step => step.AgentTimedOut),
            Steps = Steps.Count == 0 ? null : Steps,
            DurationMs = Elapsed.Milliseconds(started),
            PhasesMs = Durations,
            Notes = [.. package?.Notes ?? [], .. sandbox?.Notes ?? [], .. TakenOverNotes, .. Notes, .. verdict?.Notes ?? []],
        };
    }

    private IEnumerable<string> TakenOverNotes => TakenOver == 0 ? []
        : [$"{TakenOver} replies were taken over from an attempt before this one, which counts their cost; nothing was asked again."];

    private long Of(string phase) => _phases.Where(time => time.Phase == phase).Sum(time => time.DurationMs);
}

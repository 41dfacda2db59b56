using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain.Conversations;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>What an attempt knows of itself; its agent writes here as it goes, so that nothing is lost with a failure.</summary>
internal sealed class AttemptState(RunControl control)
{
    private readonly List<PhaseTime> _phases = [];

    public ArtifactRef? Conversation { get; set; }
    public ArtifactRef? AgentOutput { get; set; }
    public TokenUsage Usage => control.Usage;
    public int Turns { get; set; }
    public int ModelCalls { get; set; }
    public int ResentInFlight => control.ResentInFlight;
    public bool AgentTimedOut { get; set; }

    /// <summary>The agent's own doing ended its container: there is nothing left to verify.</summary>
    public bool ContainerEnded { get; set; }

    /// <summary>Milliseconds the agent has used: model calls and commands, not what was repeated after a loss.</summary>
    public long AgentMs { get; set; }

    /// <summary>What the attempt does just now, for the user interface.</summary>
    public string Step { get; set; } = "starting";

    public List<string> Notes { get; } = [];

    public IReadOnlyList<PhaseTime> Phases => _phases;

    public void Count(LlmReply reply)
    {
        control.Count(reply);
        AgentMs += reply.DurationMs;
        Conversation = reply.Conversation;
    }

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
            _phases.Add(new PhaseTime(phase, started, Milliseconds(started)));
        }
    }

    public PhaseDurations Durations => new(Of("build"), Of("start"), Of("agent"), Of("verify"), Of("remove"));

    public static long Milliseconds(DateTime since) => (long)Math.Round((Workflow.UtcNow - since).TotalMilliseconds);

    private long Of(string phase) => _phases.Where(time => time.Phase == phase).Sum(time => time.DurationMs);
}

using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>One attempt of a recorded run: its commands, its output and its verdict, without a container.</summary>
internal sealed class RecordedAgent(AttemptInput input, AttemptState state, Outages outages)
{
    /// <returns>How the attempt was verified.</returns>
    public async Task<VerifyReply> RunAsync()
    {
        if (input.AgentKwargs?.GetValueOrDefault(AgentNames.RecordedKwarg) is not { } recorded || input.Conversation is not { } instruction)
        {
            throw new ApplicationFailureException(
                "The agent 'replay' re-enacts whole runs: spark skills run --agent replay --agent-kwarg trajectory=FILE.", FailureTypes.InvalidInput, nonRetryable: true);
        }

        var request = new ReplayAttemptRequest(ArtifactRef.Parse(recorded), instruction);
        var attempt = await outages.ReadAsync((IReplayActivities replay) => replay.AttemptAsync(request), "the recorded attempt");
        (state.Conversation, state.AgentOutput) = (attempt.Conversation, attempt.Output);
        return attempt.Verdict
            ?? throw new ApplicationFailureException($"Recorded as infrastructure: {attempt.Infrastructure}", FailureTypes.SandboxUnavailable, nonRetryable: true);
    }
}

using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Workflows.Running;

/// <summary>What only the world can put right: a run waits for it in place, and nothing that was paid for is lost.</summary>
/// <param name="State">What the run declares, one of <see cref="RunStates"/>.</param>
/// <param name="Cause">The same with the profile or host, so that a batch sees which of its runs share the trouble.</param>
/// <param name="Words">The neighbour's words with the remedy.</param>
/// <param name="Costs">Each try is paid for, so only a person has it tried again.</param>
internal sealed record Outage(string State, string Cause, string Words, bool Costs = false)
{
    /// <summary>Every failure of a model call, but those that are about this one request.</summary>
    public static Outage? OfModel(ActivityFailureException failure, ModelChoice model) => ActivityFailures.TypeOf(failure) switch
    {
        FailureTypes.ContextOverflow or FailureTypes.ModelFiltered => null,
        FailureTypes.ResultsUnavailable or FailureTypes.ArtifactLost or FailureTypes.ReplyMismatch => Results(failure),
        FailureTypes.ModelUnreadable => new Outage(RunStates.ModelEndpoint, $"model endpoint {model.Profile}", ActivityFailures.Words(failure), Costs: true),
        _ => new Outage(RunStates.ModelEndpoint, $"model endpoint {model.Profile}", ActivityFailures.Words(failure)),
    };

    /// <summary>A refusal of one request of the run itself, which cannot do without the reply: a person may choose another model or raise a limit.</summary>
    public static Outage OfRequest(ActivityFailureException failure, ModelChoice model) =>
        new(RunStates.ModelEndpoint, $"request to {model.Profile}", ActivityFailures.Words(failure));

    /// <summary>
    /// A failure of the container engine or the store during a step; null where the container is gone, its host is away, or the step
    /// cannot succeed. What a step did not name is taken for the engine's: only a container that is really gone is a loss.
    /// </summary>
    public static Outage? OfEngine(ActivityFailureException failure, string queue) => ActivityFailures.TypeOf(failure) switch
    {
        FailureTypes.ResultsUnavailable or FailureTypes.ArtifactLost => Results(failure),
        FailureTypes.SandboxLost or FailureTypes.AgentNotInstalled => null,
        var type when ActivityFailures.IsFinal(type) => null,
        null when ActivityFailures.IsHostAway(failure) => null,
        _ => Engine(failure, queue),
    };

    /// <summary>A record that cannot be read or written.</summary>
    /// <param name="failure">What the activity said.</param>
    /// <param name="writes">It keeps what was paid for, so whatever is wrong is waited for; otherwise a task or a setting that cannot work is final.</param>
    public static Outage? OfRecords(ActivityFailureException failure, bool writes) =>
        writes || !ActivityFailures.IsFinal(failure) ? Results(failure) : null;

    private static Outage Engine(ActivityFailureException failure, string queue) =>
        new(RunStates.Engine, $"engine {queue}", ActivityFailures.Words(failure));

    private static Outage Results(ActivityFailureException failure) => new(RunStates.Results, "results", ActivityFailures.Words(failure));
}

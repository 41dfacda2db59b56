using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Llm;

/// <summary>The failures of requests that nothing makes fit; each names the setting to change.</summary>
internal static class Misfits
{
    /// <summary>A conversation that has grown too long: an agent's work ends with it.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="endpoint">Where.</param>
    /// <param name="words">The provider's words.</param>
    public static ApplicationFailureException Grown(LlmRequest request, ModelEndpoint endpoint, string words) => new(
        $"The conversation does not fit model '{endpoint.Model}', even without its older observations: {words} "
        + $"If the model takes less than {Fitting.ContextOf(endpoint, EndpointHabits.Habit.Unknown)} tokens, say so in {Setting(request)}:ContextTokens.",
        FailureTypes.ContextOverflow,
        nonRetryable: true);

    /// <summary>A first request. No attempt can be judged by this: nothing was tried, and a setting changes it.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="endpoint">Where.</param>
    /// <param name="fitting">Its sizes.</param>
    /// <param name="words">What the endpoint said, with a blank before it; empty where it was not asked.</param>
    public static ApplicationFailureException First(LlmRequest request, ModelEndpoint endpoint, Fitting fitting, string words = "") => new(
        $"The first request of '{request.Task}' does not fit model '{endpoint.Model}':{words} It has about {fitting.Sent.EstimatedTokens} tokens "
        + $"(system prompt, skills and instruction), and the model is taken to have a context of {fitting.ContextTokens}. If it has more, set "
        + $"{Setting(request)}:ContextTokens; else choose a model with a larger context, or shorten the instruction.",
        FailureTypes.ModelRefused,
        nonRetryable: true);

    private static string Setting(LlmRequest request) => $"{LlmOptions.Section}:Profiles:{request.Model.Profile}";
}

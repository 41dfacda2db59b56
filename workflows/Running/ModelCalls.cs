using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>The run's own model calls: reflections and distillation, blueprints and critiques. A reply that was paid for is never thrown away.</summary>
internal static class ModelCalls
{
    /// <summary>Asks until there is a reply: an endpoint out of reach makes the run wait, not fail.</summary>
    public static async Task<LlmReply> AskAsync(
        ModelChoice model, IModelCaller state, string purpose, ArtifactRef conversation, int inlineCharacters, string summary)
    {
        await state.Control.CheckpointAsync();
        var call = state.NextCall();
        var request = new LlmRequest
        {
            Model = model,
            Purpose = purpose,
            Conversation = conversation,
            Call = call,
            FirstRunId = state.RepliesRun,
            Task = state.Task,
            InlineCharacters = inlineCharacters,
            MustBePriced = call == 1 && (state.Control.Limit.Usd ?? state.Control.Parent?.Step?.Usd) is not null,
            MaxTokens = state.Limits.Budgets?[purpose].CompletionTokens,
            PromptTokens = state.Limits.Budgets?[purpose].PromptTokens,
        };
        var reply = await CompleteAsync(request, state.Outages, state.Limits, summary, failure => Outage.OfModel(failure, model) ?? Outage.OfRequest(failure, model));
        state.Count(reply);
        return reply;
    }

    /// <summary>One call, whatever its run: an endpoint that refuses for good or stays away is waited for, and the same call is made again.</summary>
    /// <param name="request">The call.</param>
    /// <param name="outages">How its run waits.</param>
    /// <param name="limits">How often an endpoint is tried before it counts as away.</param>
    /// <param name="summary">For the web UI.</param>
    /// <param name="outageOf">What a failure means; null for what <see cref="Outage.OfModel"/> says.</param>
    /// <exception cref="ActivityFailureException">The failure is about this one request.</exception>
    public static Task<LlmReply> CompleteAsync(
        LlmRequest request, Outages outages, AttemptLimits limits, string summary, Func<ActivityFailureException, Outage?>? outageOf = null) => outages.ThroughAsync(
        () => Workflow.ExecuteActivityAsync(
            (ILlmActivities llm) => llm.CompleteAsync(request),
            ActivityProfiles.Model(request.Model, outages.Trying ? 1 : limits.ModelTries, summary)),
        outageOf ?? (failure => Outage.OfModel(failure, request.Model)));
}

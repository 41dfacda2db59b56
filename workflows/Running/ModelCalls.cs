using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>The run's own model calls: reflections and distillation, blueprints and critiques. A reply that was paid for is never thrown away.</summary>
internal static class ModelCalls
{
    /// <summary>Asks until there is a reply: an endpoint out of reach makes the run wait for a person, not fail.</summary>
    public static async Task<LlmReply> AskAsync(
        ModelChoice model, IModelCaller state, string purpose, ArtifactRef conversation, int inlineCharacters, string summary)
    {
        while (true)
        {
            await state.Control.CheckpointAsync();
            var request = new LlmRequest
            {
                Model = model,
                Purpose = purpose,
                Conversation = conversation,
                Call = state.NextCall(),
                FirstRunId = Workflow.Info.FirstExecutionRunId,
                Task = state.Task,
                InlineCharacters = inlineCharacters,
                MaxTokens = state.Limits.Budgets?[purpose].CompletionTokens,
                PromptTokens = state.Limits.Budgets?[purpose].PromptTokens,
            };
            try
            {
                var reply = await Workflow.ExecuteActivityAsync(
                    (ILlmActivities llm) => llm.CompleteAsync(request),
                    ActivityProfiles.Model(model, summary));
                state.Count(reply);
                return reply;
            }
            catch (ActivityFailureException failure) when (!TemporalException.IsCanceledException(failure))
            {
                await state.Control.WaitForPersonAsync("model endpoint", ActivityFailures.Words(failure));
            }
        }
    }
}

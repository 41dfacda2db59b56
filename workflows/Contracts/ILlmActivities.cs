using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>Model calls.</summary>
public interface ILlmActivities
{
    /// <summary>
    /// Sends a conversation to a chat completion endpoint and stores the reply before it returns. Queue:
    /// <see cref="TaskQueues.Llm"/>. Retryable failures carry the provider's Retry-After; final ones have type
    /// <see cref="FailureTypes.ModelRefused"/>, <see cref="FailureTypes.ModelUnauthorized"/> or
    /// <see cref="FailureTypes.ContextOverflow"/>.
    /// </summary>
    [Activity("llm.complete")]
    Task<LlmReply> CompleteAsync(LlmRequest request);

    /// <summary>
    /// Asks a model for one short reply, to find out whether it answers at all. Nothing is stored. Queue:
    /// <see cref="TaskQueues.Llm"/>. Every failure is final: its type is that of a call, its message names the remedy.
    /// </summary>
    [Activity("llm.probe")]
    Task<ModelProbe> ProbeAsync(ModelChoice model);

    /// <summary>
    /// Says how a model is asked: its endpoint, its limits and what refusals have taught about it; forgets some of that where told to. Nothing
    /// is asked of the endpoint. Queue: <see cref="TaskQueues.Llm"/>. Fails with <see cref="FailureTypes.InvalidInput"/> for an unknown profile.
    /// </summary>
    [Activity("llm.describe")]
    Task<ModelDescription> DescribeAsync(ModelDescriptionRequest request);

    /// <summary>
    /// Tries a model with what runs ask of it: a tool call, a second turn, a long reply, a schema. Queue: <see cref="TaskQueues.Llm"/>. What it
    /// cannot do is in the result; it learns from refusals as calls of runs do.
    /// </summary>
    [Activity("llm.test")]
    Task<ModelTest> TestAsync(ModelChoice model);
}

public sealed record LlmRequest
{
    public required ModelChoice Model { get; init; }

    /// <summary>One of <see cref="LlmPurposes"/>.</summary>
    public required string Purpose { get; init; }

    /// <summary>The conversation so far; its last message is the one to answer.</summary>
    public required ArtifactRef Conversation { get; init; }

    /// <summary>Number of this call in the run, from 1. With the owner, else the workflow's id, and the first run id it is the key of the reply.</summary>
    public required int Call { get; init; }

    /// <summary>First run id of the workflow's chain, or of the run whose replies it takes over.</summary>
    public required string FirstRunId { get; init; }

    /// <summary><see cref="ReplyKey.Owner"/> of the reply; null for the workflow's id.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Owner { get; init; }

    /// <summary>The task's name, for the header <c>X-Spark-Task</c>.</summary>
    public required string Task { get; init; }

    /// <summary>Offer the <c>shell</c> tool.</summary>
    public bool Tools { get; init; }

    /// <summary>Upper limit of the reply in tokens, null for the budget of the purpose.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>
    /// Upper limit of what is sent in tokens, null for the budget of the purpose. To hold it, and the model's context, the
    /// oldest observations are replaced by a note.
    /// </summary>
    public int? PromptTokens { get; init; }

    /// <summary>A budget in dollars holds the run: a model whose cost nobody knows is not asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool MustBePriced { get; init; }

    /// <summary>
    /// Return the reply's text in the result when it has at most this many characters; 0 leaves it in the store only.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int InlineCharacters { get; init; }
}

public sealed record LlmReply
{
    /// <summary>The conversation with the assistant's message added.</summary>
    public required ArtifactRef Conversation { get; init; }

    /// <summary>Number of tool calls in the message; 0 ends an agent's work.</summary>
    public int ToolCalls { get; init; }

    /// <summary>At most 80 characters of the first command, else of the text, on one line; for summaries in the UI.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The text, where asked for and short enough.</summary>
    public string? Text { get; init; }

    /// <summary>Length of the text in characters.</summary>
    public int TextLength { get; init; }

    /// <summary><c>stop</c>, <c>tool_calls</c>, <c>length</c>, or what else the endpoint said.</summary>
    public string FinishReason { get; init; } = "";

    /// <summary>Longest time-out that a tool call of the message asks for, in seconds; null when none does.</summary>
    public double? LongestTimeoutSec { get; init; }

    public required TokenUsage Usage { get; init; }

    /// <summary>From the request to the stored reply, in milliseconds; of the first time when it was answered from the store.</summary>
    public long DurationMs { get; init; }

    /// <summary>How often a request cut off in flight was sent again before this reply came.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ResentInFlight { get; init; }

    /// <summary>Run id of the workflow that asked and paid, where it was another one than this; null otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PaidBy { get; init; }

    /// <summary>Observations that were replaced by a note because the conversation had to be made shorter.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int DroppedObservations { get; init; }

    /// <summary>What a person must know of this reply, such as that the endpoint seems to have read only a part; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Note { get; init; }
}

using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>A reply that cannot be read; the message says why.</summary>
/// <param name="message">Why.</param>
internal sealed class UnreadableReplyException(string message) : Exception(message);

/// <summary>What a reply says.</summary>
/// <param name="Message">The assistant's message with what its provider wants back, without usage and time.</param>
/// <param name="FinishReason">One of <see cref="FinishReasons"/>, or what else the endpoint said.</param>
/// <param name="Usage">Tokens, without cost.</param>
internal sealed record ChatReply(ChatMessage Message, string FinishReason, TokenUsage Usage);

/// <summary>What is known about a reply before it is read.</summary>
/// <param name="Call">Number of the call in the run; names tool calls that have no id.</param>
/// <param name="Fenced">Read a fenced block as a tool call.</param>
/// <param name="Endpoint">Base address that it came from, null for replies of before that was noted: nothing goes back for them.</param>
/// <param name="Model">The model asked for.</param>
internal sealed record ReplyForm(int Call, bool Fenced = false, string? Endpoint = null, string? Model = null);

using System.Text.Json.Serialization;

namespace Spark.Temporal.Domain.Conversations;

/// <summary>Who speaks in a conversation; the names that chat completion endpoints use.</summary>
public static class ChatRoles
{
    public const string System = "system";
    public const string User = "user";
    public const string Assistant = "assistant";
    public const string Tool = "tool";

    /// <summary>Not sent to the model: says what happened to the run (a lost container, for example).</summary>
    public const string Note = "note";
}

/// <summary>
/// One link of a conversation in the artifact store. A conversation is named by its newest link; each link holds only
/// the messages that were added with it, so a turn costs what it adds and not what came before.
/// </summary>
public sealed record ConversationLink
{
    /// <summary>The conversation this continues; null at its start.</summary>
    public ArtifactRef? Previous { get; init; }

    public required IReadOnlyList<ChatMessage> Messages { get; init; }
}

/// <summary>One message, with what it cost and what the sandbox observed.</summary>
public sealed record ChatMessage
{
    /// <summary>One of <see cref="ChatRoles"/>.</summary>
    public required string Role { get; init; }

    public string Content { get; init; } = "";

    /// <summary>Reasoning text some endpoints return beside the content.</summary>
    public string? Reasoning { get; init; }

    /// <summary>What the model asked for; only on assistant messages.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; init; } = [];

    /// <summary>Which call this answers; only on tool messages.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>What its provider wants back with the message; only on assistant messages, null where it wants nothing back.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProviderEcho? Echo { get; init; }

    /// <summary>When it was said.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>The model that said it, as the endpoint named it; only on assistant messages.</summary>
    public string? Model { get; init; }

    /// <summary>Tokens and cost; only on assistant messages.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>
    /// Positions, from 0 in the whole conversation, of the observations that are not sent any more from here on; only on notes.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<int>? LeftOut { get; init; }

    /// <summary>What the command did; only on tool messages.</summary>
    public CommandResult? Result { get; init; }
}

/// <summary>
/// What a provider demands back with the next request: reasoning text, signatures, encrypted items. It is opaque, goes back unchanged to the
/// endpoint and model that wrote it, and to no other, because others refuse it.
/// </summary>
/// <param name="Api">Name of the API that wrote it: <c>chat</c>, <c>responses</c> or <c>messages</c>.</param>
/// <param name="Endpoint">Base address that it came from.</param>
/// <param name="Model">The model asked for.</param>
/// <param name="Json">
/// JSON text. Of chat: an object with the fields of the message that go back, tool calls by their index among them. Of Responses: the list of all
/// output items. Of Messages: the list of all content blocks.
/// </param>
public sealed record ProviderEcho(string Api, string Endpoint, string Model, string Json);

/// <summary>A tool call of an assistant message.</summary>
/// <param name="Id">The endpoint's id of the call; made up by us for a fenced block.</param>
/// <param name="Name">The tool, <c>shell</c> for the built-in agent.</param>
/// <param name="Arguments">The arguments as JSON text, exactly as the model wrote them.</param>
/// <param name="Command">The shell command, null when the arguments do not hold one.</param>
/// <param name="TimeoutSec">The time-out the model asked for, in seconds.</param>
/// <param name="Problem">Why the call cannot be carried out, in words for the model; null when it can.</param>
/// <param name="Fenced">Whether it was written as a fenced block because the endpoint knows no tools.</param>
public sealed record ToolCall(
    string Id, string Name, string Arguments, string? Command, double? TimeoutSec = null, string? Problem = null, bool Fenced = false);

/// <summary>Tokens and cost of one model call, or of several.</summary>
/// <param name="PromptTokens">Tokens sent, those read from and written to a cache included.</param>
/// <param name="CompletionTokens">Tokens received, those of reasoning included.</param>
/// <param name="CachedTokens">The part of the prompt that was read from the endpoint's cache.</param>
[method: JsonConstructor]
public sealed record TokenUsage(long PromptTokens, long CompletionTokens, long CachedTokens = 0) : ICosted
{
    public static readonly TokenUsage None = new(0, 0);

    public TokenUsage(long promptTokens, long completionTokens, long cachedTokens, double costUsd)
        : this(promptTokens, completionTokens, cachedTokens) => CostUsd = costUsd;

    /// <summary>Cost in US dollars as far as it is known; see <see cref="Unpriced"/>.</summary>
    [JsonIgnore]
    public double CostUsd { get; init; }

    /// <summary>Cost in US dollars as far as it is known; null where nothing of it is.</summary>
    [JsonPropertyName("cost_usd")]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? KnownUsd { get => Unpriced && CostUsd == 0 ? null : CostUsd; init => CostUsd = value ?? 0; }

    double? ICosted.CostUsd => KnownUsd;

    /// <summary>The part of the prompt that was written to the endpoint's cache.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long CacheWriteTokens { get; init; }

    /// <summary>The part of the completion that was reasoning.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ReasoningTokens { get; init; }

    /// <summary>Some of it has no known price: the cost is at least <see cref="CostUsd"/>, and unknown where that is 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <summary>Some of the tokens were counted by a tokenizer, because the endpoint did not say them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    /// <summary>Tokens sent and received.</summary>
    [JsonIgnore]
    public long TotalTokens => PromptTokens + CompletionTokens;

    /// <summary>What was added since an earlier sum. Whether that has a price or was estimated cannot be told from sums: it counts as the sum does.</summary>
    public static TokenUsage operator -(TokenUsage sum, TokenUsage earlier) => sum with
    {
        PromptTokens = sum.PromptTokens - earlier.PromptTokens,
        CompletionTokens = sum.CompletionTokens - earlier.CompletionTokens,
        CachedTokens = sum.CachedTokens - earlier.CachedTokens,
        CostUsd = sum.CostUsd - earlier.CostUsd,
        CacheWriteTokens = sum.CacheWriteTokens - earlier.CacheWriteTokens,
        ReasoningTokens = sum.ReasoningTokens - earlier.ReasoningTokens,
    };

    public static TokenUsage operator +(TokenUsage left, TokenUsage right) => new(
        left.PromptTokens + right.PromptTokens,
        left.CompletionTokens + right.CompletionTokens,
        left.CachedTokens + right.CachedTokens,
        left.CostUsd + right.CostUsd)
    {
        CacheWriteTokens = left.CacheWriteTokens + right.CacheWriteTokens,
        ReasoningTokens = left.ReasoningTokens + right.ReasoningTokens,
        Unpriced = left.Unpriced || right.Unpriced,
        Estimated = left.Estimated || right.Estimated,
    };
}

/// <summary>What one shell command did. A command that fails is data, not an exception.</summary>
/// <param name="CommandId">Id under which the command ran once, such as <c>turn-7.1</c>.</param>
/// <param name="ExitCode">Exit code; 124 after a time-out, 137 when it was killed.</param>
/// <param name="DurationMs">How long it ran, in milliseconds.</param>
/// <param name="TimedOut">Whether its time-out ended it.</param>
/// <param name="OutputBytes">Bytes it wrote before any cap.</param>
/// <param name="WorkingDirectory">The shell's folder afterwards.</param>
public sealed record CommandResult(
    string CommandId, int ExitCode, long DurationMs, bool TimedOut = false, long OutputBytes = 0, string? WorkingDirectory = null)
{
    /// <summary>All that was kept of the output, where the model saw less than that.</summary>
    public ArtifactRef? Output { get; init; }
}

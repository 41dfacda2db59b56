using System.Globalization;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// Finds servers that take a conversation that is too long and say nothing: they cut it, the system prompt first. All that shows it is that
/// they report far fewer tokens than were sent.
/// </summary>
internal static class SilentCuts
{
    /// <summary>How the note begins; a trial keeps it once.</summary>
    public const string Begin = "The endpoint seems to have read only a part of the conversation";

    /// <summary>Tokens below which the estimate is too rough to tell.</summary>
    private const int Least = 3_000;

    /// <summary>Share of the estimate that no tokenizer stays below.</summary>
    private const double Share = 0.4;

    /// <summary>What a server cuts to is a window of a usual size, from this power of two on.</summary>
    private const int LeastPower = 10;

    private const int MostPower = 17;

    /// <summary>The note for a reply; null where nothing is missing, or nothing is known.</summary>
    public static string? Note(StoredReply reply) => IsCut(reply.Usage, reply.SentTokens)
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{Begin}: it reports {reply.Usage.PromptTokens:N0} tokens of about {reply.SentTokens:N0}. {Remedy}")
        : null;

    /// <summary>What to do about it, as sentences.</summary>
    public const string Remedy = "A server that cuts silently needs a larger context of its own (Ollama: OLLAMA_CONTEXT_LENGTH, or a model with PARAMETER num_ctx), "
        + "or the profile's ContextTokens set to what it has.";

    /// <summary>Whether far fewer tokens are reported than were sent.</summary>
    public static bool IsCut(TokenUsage usage, int sentTokens) =>
        sentTokens > Least && usage is { PromptTokens: > 0, Estimated: false } && usage.PromptTokens < sentTokens * Share;

    /// <summary>Whether the cut is beyond doubt: what is left fills a window of a usual size. Other numbers may be a provider's odd way of counting.</summary>
    public static bool IsSure(TokenUsage usage, int sentTokens) => IsCut(usage, sentTokens)
        && Enumerable.Range(LeastPower, MostPower - LeastPower + 1).Select(power => 1 << power)
            .Any(window => usage.PromptTokens <= window && usage.PromptTokens + usage.CompletionTokens >= window * 0.98);
}

using System.Globalization;

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

    /// <summary>The note for a reply; null where nothing is missing, or nothing is known.</summary>
    public static string? Note(StoredReply reply) => reply is { SentTokens: > Least, Usage: { PromptTokens: > 0, Estimated: false } usage } && usage.PromptTokens < reply.SentTokens * Share
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{Begin}: it reports {usage.PromptTokens:N0} tokens of about {reply.SentTokens:N0}. A server that cuts silently needs a larger context of its own "
            + $"(Ollama: OLLAMA_CONTEXT_LENGTH, or a model with PARAMETER num_ctx), or the profile's ContextTokens set to what it has.")
        : null;
}

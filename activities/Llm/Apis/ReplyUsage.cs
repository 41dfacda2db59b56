using System.Text.Json;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>The tokens that a reply says it cost.</summary>
internal static class ReplyUsage
{
    /// <summary>Reads the usage of a reply of any API; <see cref="TokenUsage.None"/> where it says none.</summary>
    public static TokenUsage Of(JsonElement root)
    {
        if (Lenient.Object(root, "usage") is not { } usage)
        {
            return TokenUsage.None;
        }

        if (Lenient.Field(usage, "input_tokens") is null)
        {
            var cached = Lenient.Object(usage, "prompt_tokens_details") is { } details ? Count(details, "cached_tokens") : Count(usage, "prompt_cache_hit_tokens");
            return new TokenUsage(Count(usage, "prompt_tokens"), Count(usage, "completion_tokens"), cached);
        }

        // Beside the prompt in Messages, inside it in Responses.
        if (Lenient.Object(usage, "input_tokens_details") is { } inside)
        {
            return new TokenUsage(Count(usage, "input_tokens"), Count(usage, "output_tokens"), Count(inside, "cached_tokens"));
        }

        var (read, written) = (Count(usage, "cache_read_input_tokens"), Count(usage, "cache_creation_input_tokens"));
        return new TokenUsage(Count(usage, "input_tokens") + read + written, Count(usage, "output_tokens"), read) { CacheWriteTokens = written };
    }

    private static long Count(JsonElement parent, string name) => Math.Max(0, Lenient.Number(parent, name) ?? 0);
}

using System.Globalization;
using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Llm.Usage;

/// <summary>
/// Reads what a reply says it used, in the spellings of all APIs: chat completions, Responses, Messages, DeepSeek, Gemini, xAI, and those
/// of gateways, which write numbers as floats or as text.
/// </summary>
internal static class StatedUsage
{
    /// <summary>xAI's unit of money: so many are a dollar.</summary>
    private const double TicksPerUsd = 1e10;

    /// <summary>Where a reply, or an event of a stream, keeps it.</summary>
    private static readonly string[] Places = ["usage", "message.usage", "response.usage", "usageMetadata", "response.usageMetadata", "x_groq.usage"];

    /// <summary>Usage of a reply, or of one event of a stream.</summary>
    /// <param name="root">The whole body, or the event's data.</param>
    /// <returns>
    /// Tokens, and the cost where the provider states it; else <see cref="TokenUsage.Unpriced"/> is set. Null where no tokens are stated: a count of
    /// nothing at all is none either.
    /// </returns>
    public static TokenUsage? Of(JsonElement root)
    {
        TokenUsage? found = null;
        foreach (var usage in Places.SelectMany(place => JsonPaths.Find(root, place)).Where(usage => usage.ValueKind == JsonValueKind.Object))
        {
            found = Larger(found, Read(usage));
        }

        return found is { TotalTokens: 0 } ? null : found;
    }

    /// <summary>The larger of each number: along a stream they grow, and each event states them anew.</summary>
    public static TokenUsage? Larger(TokenUsage? left, TokenUsage? right) => (left, right) switch
    {
        (null, _) => right,
        (_, null) => left,
        var (one, other) => new TokenUsage(
            Math.Max(one.PromptTokens, other.PromptTokens),
            Math.Max(one.CompletionTokens, other.CompletionTokens),
            Math.Max(one.CachedTokens, other.CachedTokens),
            Math.Max(one.CostUsd, other.CostUsd))
        {
            CacheWriteTokens = Math.Max(one.CacheWriteTokens, other.CacheWriteTokens),
            ReasoningTokens = Math.Max(one.ReasoningTokens, other.ReasoningTokens),
            Unpriced = one.Unpriced && other.Unpriced,
        },
    };

    /// <summary>The usage with the cost that a header states; a header that states nothing, or 0 for a price that its proxy does not know, changes nothing.</summary>
    /// <param name="usage">What the body states.</param>
    /// <param name="header">Value of <c>x-litellm-response-cost</c>; null where there is none.</param>
    public static TokenUsage WithCost(TokenUsage usage, string? header) =>
        usage.Unpriced && double.TryParse(header, NumberStyles.Float, CultureInfo.InvariantCulture, out var cost) && double.IsFinite(cost) && cost > 0
            ? usage with { CostUsd = cost, Unpriced = false }
            : usage;

    private static TokenUsage Read(JsonElement usage)
    {
        var read = Count(
            usage, "prompt_tokens_details.cached_tokens", "input_tokens_details.cached_tokens", "cache_read_input_tokens", "prompt_cache_hit_tokens", "cachedContentTokenCount", "cached_tokens");
        var written = Count(usage, "prompt_tokens_details.cache_write_tokens", "input_tokens_details.cache_write_tokens", "cache_creation_input_tokens")
            ?? Sum(Count(usage, "cache_creation.ephemeral_5m_input_tokens"), Count(usage, "cache_creation.ephemeral_1h_input_tokens"));
        var prompt = Count(usage, "prompt_tokens", "input_tokens", "promptTokenCount")
            ?? Sum(Count(usage, "prompt_cache_hit_tokens"), Count(usage, "prompt_cache_miss_tokens")) ?? 0;
        prompt += Count(usage, "toolUsePromptTokenCount") ?? 0;
        var completion = Count(usage, "completion_tokens", "output_tokens", "candidatesTokenCount") ?? 0;
        var total = Count(usage, "total_tokens", "totalTokenCount");
        var cache = (read ?? 0) + (written ?? 0);
        var reasoning = Count(
            usage, "completion_tokens_details.reasoning_tokens", "output_tokens_details.reasoning_tokens", "output_tokens_details.thinking_tokens", "thoughtsTokenCount", "reasoning_tokens");
        if (IsBeside(usage, prompt, completion, total, cache, reasoning ?? 0))
        {
            prompt += cache;
        }

        // Gemini counts thoughts beside the rest, and so does whoever states more reasoning than output; the total tells the others.
        var apart = Has(usage, "thoughtsTokenCount") || (total is null && reasoning > completion);
        var output = Math.Max(completion + (apart ? reasoning ?? 0 : 0), (total ?? 0) - prompt);
        var cost = Cost(usage);
        return new TokenUsage(prompt, output, Math.Min(read ?? 0, prompt), cost ?? 0)
        {
            CacheWriteTokens = Math.Min(written ?? 0, prompt),
            ReasoningTokens = Math.Min(output, reasoning ?? output - completion),
            Unpriced = cost is null,
        };
    }

    /// <summary>Whether what a cache had a part in is counted beside the prompt, as Messages does, and not inside it.</summary>
    private static bool IsBeside(JsonElement usage, long prompt, long completion, long? total, long cache, long reasoning)
    {
        if (cache == 0 || total == prompt + completion)
        {
            return false;
        }

        if (cache > prompt || (total == prompt + completion + cache && cache != reasoning))
        {
            return true;
        }

        // Gateways repeat these names beside prompt_tokens, which holds everything.
        var messages = Has(usage, "cache_read_input_tokens") || Has(usage, "cache_creation_input_tokens") || Has(usage, "cache_creation");
        return total is null && messages && !Has(usage, "prompt_tokens") && !Has(usage, "input_tokens_details");
    }

    private static double? Cost(JsonElement usage)
    {
        if (Number(usage, "cost_in_usd_ticks") is { } ticks)
        {
            return ticks / TicksPerUsd;
        }

        var cost = Number(usage, "cost") ?? Number(usage, "cost.total_cost");
        if (JsonPaths.Find(usage, "is_byok").FirstOrDefault().ValueKind != JsonValueKind.True)
        {
            return cost;
        }

        // With a key of one's own the cost is the gateway's fee; the provider's bill comes beside it.
        return Number(usage, "cost_details.upstream_inference_cost") is { } upstream ? (cost ?? 0) + upstream : null;
    }

    private static bool Has(JsonElement usage, string name) => usage.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private static long? Sum(long? left, long? right) => left is null && right is null ? null : (left ?? 0) + (right ?? 0);

    private static long? Count(JsonElement usage, params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
        {
            if (Number(usage, path) is { } number)
            {
                return (long)Math.Min(Math.Round(number), long.MaxValue / 4);
            }
        }

        return null;
    }

    /// <summary>A number of 0 or more, also one written as text.</summary>
    private static double? Number(JsonElement usage, string path)
    {
        var value = JsonPaths.Find(usage, path).FirstOrDefault();
        var read = value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetDouble(out var number) => number,
            JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            _ => double.NaN,
        };
        return double.IsFinite(read) && read >= 0 ? read : null;
    }
}

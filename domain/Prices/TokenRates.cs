using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Domain.Prices;

/// <summary>Prices in US dollars per million tokens.</summary>
public record TokenRates
{
    /// <summary>Of prompt tokens that no cache had a part in.</summary>
    public required double Input { get; init; }

    /// <summary>Of prompt tokens that were read from the cache; null where they cost as much as the others.</summary>
    public double? Cached { get; init; }

    /// <summary>Of prompt tokens that were written to the cache; null where they cost as much as the others.</summary>
    public double? CacheWrite { get; init; }

    /// <summary>Of what the model writes, its reasoning included.</summary>
    public required double Output { get; init; }

    /// <summary>What tokens cost at these prices, in dollars.</summary>
    public double CostOf(TokenUsage usage)
    {
        var cached = Math.Min(usage.CachedTokens, usage.PromptTokens);
        var written = Math.Min(usage.CacheWriteTokens, usage.PromptTokens - cached);
        var millions = ((usage.PromptTokens - cached - written) * Input)
            + (cached * (Cached ?? Input))
            + (written * (CacheWrite ?? Input))
            + (usage.CompletionTokens * Output);
        return millions / 1_000_000;
    }
}

/// <summary>Prices of requests whose prompt is longer than a number of tokens. They hold for the whole request.</summary>
public sealed record RateTier : TokenRates
{
    /// <summary>A prompt above so many tokens costs this much.</summary>
    [JsonPropertyName("prompt_tokens")]
    public required long AbovePromptTokens { get; init; }
}

/// <summary>Hours at which everything costs more.</summary>
/// <param name="Factor">So many times as much.</param>
/// <param name="Days">Days of the week.</param>
/// <param name="UtcHours">Pairs of hours in UTC: from the first until before the second.</param>
public sealed record PeakHours(double Factor, IReadOnlyList<DayOfWeek> Days, IReadOnlyList<IReadOnlyList<int>> UtcHours)
{
    public bool Holds(DateTimeOffset at)
    {
        var utc = at.UtcDateTime;
        return Days.Contains(utc.DayOfWeek) && UtcHours.Any(hours => utc.Hour >= hours[0] && utc.Hour < hours[1]);
    }
}

using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Prices;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Price of the models whose name fits a pattern, in US dollars per million tokens.</summary>
public sealed class ModelPrice : PriceRates
{
    /// <summary>Model name; <c>*</c> matches any characters.</summary>
    public string Model { get; init; } = "";

    /// <summary>Prices of long prompts.</summary>
    public List<PriceTier> Tiers { get; init; } = [];

    /// <summary>What a call costs, in dollars.</summary>
    internal double CostOf(TokenUsage usage) =>
        (Tiers.OrderBy(tier => tier.AboveTokens).LastOrDefault(tier => usage.PromptTokens > tier.AboveTokens) ?? (PriceRates)this).Rates.CostOf(usage);
}

/// <summary>Prices of requests whose prompt is longer than a number of tokens. They hold for the whole request.</summary>
public sealed class PriceTier : PriceRates
{
    /// <summary>A prompt above so many tokens costs this much.</summary>
    public long AboveTokens { get; init; }
}

/// <summary>Prices in US dollars per million tokens.</summary>
public abstract class PriceRates
{
    public double Prompt { get; init; }

    /// <summary>Price of prompt tokens that were read from a cache; null when they cost as much as the others.</summary>
    public double? Cached { get; init; }

    /// <summary>Price of prompt tokens that were written to a cache; null when they cost as much as the others.</summary>
    public double? CacheWrite { get; init; }

    public double Completion { get; init; }

    internal TokenRates Rates => new() { Input = Prompt, Cached = Cached, CacheWrite = CacheWrite, Output = Completion };
}

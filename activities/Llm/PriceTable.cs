using System.IO.Enumeration;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Cost of a call by the settings' price table.</summary>
internal static class PriceTable
{
    /// <summary>The usage with its cost: 0 when no pattern fits the model's name, as asked for or as answered.</summary>
    public static TokenUsage Priced(TokenUsage usage, IReadOnlyList<ModelPrice> prices, string asked, string? answered)
    {
        var price = Find(prices, asked) ?? (answered is null ? null : Find(prices, answered));
        if (price is null)
        {
            return usage;
        }

        var cached = Math.Min(usage.CachedTokens, usage.PromptTokens);
        var millions = ((usage.PromptTokens - cached) * price.Prompt)
            + (cached * (price.Cached ?? price.Prompt))
            + (usage.CompletionTokens * price.Completion);
        return usage with { CostUsd = millions / 1_000_000 };
    }

    private static ModelPrice? Find(IReadOnlyList<ModelPrice> prices, string model) =>
        prices.FirstOrDefault(price => FileSystemName.MatchesSimpleExpression(price.Model, model, ignoreCase: true));
}

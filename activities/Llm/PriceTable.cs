using System.IO.Enumeration;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Prices;

namespace Spark.Temporal.Activities.Llm;

/// <summary>What a call costs: as its provider says, else by the settings, else by the table that ships with the product, else unknown.</summary>
internal static class PriceTable
{
    /// <summary>Where a price comes from, for people.</summary>
    public const string Settings = "settings";

    /// <summary>Hosts that state the cost of every reply.</summary>
    private static readonly string[] Stating = ["openrouter.ai", "api.x.ai"];

    /// <summary>The usage with its cost; <see cref="TokenUsage.Unpriced"/> where nobody knows it.</summary>
    /// <param name="usage">What was used; one that is not unpriced has the provider's own cost, which stands.</param>
    /// <param name="options">The settings with their prices.</param>
    /// <param name="asked">Name of the model that was asked for.</param>
    /// <param name="answered">Name of the one that answered; null where it gave none.</param>
    /// <param name="host">Host of the endpoint; null where it is not known.</param>
    /// <param name="at">When it answered: some prices have hours.</param>
    public static TokenUsage Priced(TokenUsage usage, LlmOptions options, string asked, string? answered, string? host, DateTimeOffset at)
    {
        if (!usage.Unpriced)
        {
            return usage;
        }

        if ((ByPattern(options.Prices, asked) ?? (answered is null ? null : ByPattern(options.Prices, answered))) is { } price)
        {
            return usage with { CostUsd = price.CostOf(usage), Unpriced = false };
        }

        return (ModelTable.Shipped.Find(asked, host) ?? (answered is null ? null : ModelTable.Shipped.Find(answered, host))) is { } row
            ? usage with { CostUsd = row.CostOf(usage, at), Unpriced = false }
            : usage with { CostUsd = 0 };
    }

    /// <summary>Whether the cost of a model's replies is known before one has come.</summary>
    public static bool Knows(LlmOptions options, string model, Uri endpoint) =>
        ByPattern(options.Prices, model) is not null || ModelTable.Shipped.Find(model, endpoint.Host) is not null
        || StatesCosts(endpoint);

    /// <summary>Whether the endpoint is known to state the cost of each reply.</summary>
    public static bool StatesCosts(Uri endpoint) => Stating.Any(host => endpoint.Host.Equals(host, StringComparison.OrdinalIgnoreCase));

    /// <summary>The first price of the settings whose pattern fits; null where none does.</summary>
    public static ModelPrice? ByPattern(IReadOnlyList<ModelPrice> prices, string model) =>
        prices.FirstOrDefault(price => FileSystemName.MatchesSimpleExpression(price.Model, model, ignoreCase: true));
}

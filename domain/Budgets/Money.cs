using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Budgets;

/// <summary>A cost that may not be known.</summary>
public sealed record Cost(double? CostUsd, bool Unpriced = false, bool Estimated = false) : ICosted;

/// <summary>Costs in words for people. What is not known is never shown as nothing.</summary>
public static class Money
{
    /// <summary>Stands for a cost that is not known, because the model has no price.</summary>
    public const string Unknown = "unpriced";

    /// <summary>What a person does about a model without a price under a budget in dollars.</summary>
    public static string Remedy(string model) =>
        $"give its price in the worker's settings (Llm:Prices:0:Model={model}, Llm:Prices:0:Prompt and :Completion in dollars a million tokens; 0 where it costs nothing), "
        + "or a budget in tokens in the place of dollars";

    /// <summary>A cost: <c>$1.20</c>; <c>~$1.20</c> by estimated tokens; <c>unpriced</c>; <c>$1.20 + unpriced</c> where only a part is known.</summary>
    public static string Of(ICosted cost) => Of(cost.CostUsd, cost.Unpriced, cost.Estimated);

    /// <inheritdoc cref="Of(ICosted)"/>
    /// <param name="costUsd">As far as it is known, in dollars; null where nothing of it is.</param>
    /// <param name="unpriced">Some of it is not known.</param>
    /// <param name="estimated">Some of the tokens were estimated.</param>
    public static string Of(double? costUsd, bool unpriced = false, bool estimated = false)
    {
        if (costUsd is not { } known || (unpriced && known == 0))
        {
            return Unknown;
        }

        var words = $"{(estimated ? "~" : "")}{PlainText.Usd(known)}";
        return unpriced ? $"{words} + {Unknown}" : words;
    }

    /// <summary>The cost of several together.</summary>
    public static Cost Sum(IEnumerable<ICosted> costs)
    {
        var (sum, unpriced, estimated) = (0.0, false, false);
        foreach (var cost in costs)
        {
            sum += cost.CostUsd ?? 0;
            unpriced |= cost.Unpriced || cost.CostUsd is null;
            estimated |= cost.Estimated;
        }

        return new Cost(unpriced && sum == 0 ? null : sum, unpriced, estimated);
    }
}

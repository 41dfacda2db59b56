using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>What calls through the proxy cost.</summary>
internal static class ProxyPrices
{
    /// <summary>The usage with its cost: what the provider says it cost, else by the price of the run's model.</summary>
    public static TokenUsage Of(TokenUsage usage, LlmOptions llm, ProxyTarget target, string? answered) =>
        PriceTable.Priced(usage, llm, target.Model, answered, target.BaseUrl.Host, DateTimeOffset.UtcNow);
}

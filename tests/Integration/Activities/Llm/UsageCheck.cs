using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support.Endpoints;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>Compares the product's usage with what the provider counted.</summary>
internal static class UsageCheck
{
    /// <summary>What is wrong, null for nothing.</summary>
    public static string? Wrong(EndpointKind kind, TokenUsage usage, Says says)
    {
        var tokens = says.Tokens;
        if (kind.NoUsage)
        {
            var spoke = says.Text.Length + says.Commands.Count > 0;
            return !usage.Estimated || usage.PromptTokens <= 0 || usage.CompletionTokens > 0 != spoke ? $"no usage came, and it is not estimated: {usage}" : Money(kind, usage, tokens);
        }

        var said = (usage.PromptTokens, usage.CompletionTokens, kind.HidesCache ? 0 : usage.CachedTokens, usage.CacheWriteTokens);
        var counted = ((long)tokens.Prompt, (long)tokens.Completion, kind.HidesCache ? 0L : tokens.Cached, (long)tokens.Written);
        return said != counted ? $"(prompt, completion, cached, written) is {said}, the provider counted {counted}"
            : usage.Estimated ? "it is marked as estimated, and the provider counted"
            : !kind.HidesReasoning && usage.ReasoningTokens != tokens.Thought ? $"reasoning is {usage.ReasoningTokens}, the provider counted {tokens.Thought}"
            : Money(kind, usage, tokens);
    }

    private static string? Money(EndpointKind kind, TokenUsage usage, Tokens tokens)
    {
        if (kind.Unpriced)
        {
            return usage.Unpriced && usage.CostUsd == 0 ? null : $"nobody knows a price, and it costs ${usage.CostUsd}, unpriced: {usage.Unpriced}";
        }

        if ((kind.Cost?.Invoke(tokens) ?? (kind.NoUsage ? null : kind.Price?.Of(tokens))) is not { } cost)
        {
            return usage.Unpriced || usage.CostUsd > 0 ? null : "it shows $0.00 and is not marked as unpriced";
        }

        return usage.Unpriced || Math.Abs(usage.CostUsd - cost) > 1e-9 ? $"it costs ${usage.CostUsd:0.########}{(usage.Unpriced ? " (unpriced)" : "")}, by the provider's numbers ${cost:0.########}" : null;
    }
}

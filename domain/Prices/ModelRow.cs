using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Domain.Prices;

/// <summary>What is known of a model: its prices and sizes.</summary>
public sealed record ModelRow : TokenRates
{
    /// <summary>The names it has with its maker; others have provider prefixes and dates around them.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>
    /// Hosts at which the row holds, those below them included; empty where it holds everywhere. Open weights have their host's price, and
    /// a server of one's own has none.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Prices of long prompts, the shortest first.</summary>
    public IReadOnlyList<RateTier> Above { get; init; } = [];

    /// <summary>When it costs more; null where it never does.</summary>
    public PeakHours? Peak { get; init; }

    /// <summary>Tokens that the model can read and write together.</summary>
    public int Context { get; init; }

    /// <summary>Most tokens of a prompt, where that is less than the rest of the context allows.</summary>
    public int? MaxPrompt { get; init; }

    /// <summary>Most tokens of a reply; null where that is not known.</summary>
    public int? MaxOutput { get; init; }

    /// <summary>Where the numbers are from.</summary>
    public required string Source { get; init; }

    /// <summary>When they held.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>What a call costs, in dollars.</summary>
    public double CostOf(TokenUsage usage, DateTimeOffset at) =>
        (Above.LastOrDefault(tier => usage.PromptTokens > tier.AbovePromptTokens) ?? (TokenRates)this).CostOf(usage) * (Peak?.Holds(at) == true ? Peak.Factor : 1);

    /// <summary>Whether the row holds at a host.</summary>
    public bool HoldsAt(string? host) => Hosts.Count == 0 || (host is not null && Hosts.Any(own =>
        host.Equals(own, StringComparison.OrdinalIgnoreCase) || host.EndsWith($".{own}", StringComparison.OrdinalIgnoreCase)));
}

using System.Globalization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Budgets;

/// <summary>What a run, or all runs of a batch together, may spend before they wait.</summary>
/// <param name="Usd">Dollars; null for no limit.</param>
/// <param name="Tokens">Tokens sent and received; null for no limit.</param>
public sealed record SpendingLimit(double? Usd = null, long? Tokens = null)
{
    /// <summary>Share of the limit at which a warning is given.</summary>
    public const double WarnFrom = 0.8;

    public static readonly SpendingLimit None = new();

    /// <summary>The limits that are used up, in words; null when there are none. Dollars that nobody can count are used up at once.</summary>
    public string? Reached(TokenUsage spent) => Uncounted(spent) ?? Words(spent, 1);

    /// <summary>Why a limit in dollars does not hold for what was spent, with the remedy; null when it does.</summary>
    public string? Uncounted(TokenUsage spent) => Usd is { } usd && spent.Unpriced
        ? $"the budget of {PlainText.Usd(usd)} cannot be kept: the model has no price, so what {Count(spent.TotalTokens)} tokens cost is not known. "
            + "Give budget_tokens in its place; for later runs the worker's settings take a price (Llm:Prices)"
        : null;

    /// <summary>The limits that are nearly used up, in words; null when there are none, or when one is used up already.</summary>
    public string? Warning(TokenUsage spent) => Reached(spent) is null ? Words(spent, WarnFrom) : null;

    /// <summary>Why a change cannot be accepted, naming the field; null when it can.</summary>
    public string? Refusal(SpendingLimit? change, TokenUsage spent) => change switch
    {
        null or { Usd: null, Tokens: null } => "budget_usd or budget_tokens is missing; give the new limit for the whole run, for example {\"budget_usd\": 25}.",
        { Usd: not null } when spent.Unpriced =>
            $"budget_usd cannot be kept: the model has no price. Give budget_tokens, above {Count(spent.TotalTokens)}.",
        { Usd: { } usd } when !double.IsFinite(usd) || usd <= spent.CostUsd =>
            $"budget_usd must be above what has been spent, {Money.Of(spent)}.",
        { Tokens: { } tokens } when tokens <= spent.TotalTokens =>
            $"budget_tokens must be above what has been spent, {Count(spent.TotalTokens)} tokens.",
        _ => null,
    };

    /// <summary>The limit with what a change names replaced. Tokens take the place of dollars that nobody can count.</summary>
    /// <param name="change">The change.</param>
    /// <param name="spent">What has been spent.</param>
    public SpendingLimit With(SpendingLimit change, TokenUsage spent) =>
        new(change.Usd ?? (spent.Unpriced && change.Tokens is not null ? null : Usd), change.Tokens ?? Tokens);

    /// <summary>One of this many equal parts; null when there is no limit.</summary>
    public SpendingLimit? Part(int parts) => this is { Usd: null, Tokens: null } ? null : new(Usd / parts, Tokens is { } tokens ? Math.Max(1, tokens / parts) : null);

    /// <summary>The limit that is this far above what has been spent.</summary>
    public SpendingLimit Above(TokenUsage spent) => new(spent.Unpriced ? null : spent.CostUsd + Usd, spent.TotalTokens + Tokens);

    /// <summary>What has been spent, and the limit.</summary>
    public string Render(TokenUsage spent) =>
        Money.Of(spent) + (Usd is { } usd ? $" of {PlainText.Usd(usd)}" : "")
        + (Tokens is { } tokens ? $", {Count(spent.TotalTokens)} of {Count(tokens)} tokens" : "");

    private static string Count(long tokens) => tokens.ToString("N0", CultureInfo.InvariantCulture);

    private string? Words(TokenUsage spent, double share)
    {
        var dollars = Usd is { } usd && spent.CostUsd >= usd * share ? $"{Money.Of(spent)} of {PlainText.Usd(usd)}" : null;
        var tokens = Tokens is { } limit && spent.TotalTokens >= limit * share ? $"{Count(spent.TotalTokens)} of {Count(limit)} tokens" : null;
        return (dollars, tokens) switch
        {
            (null, null) => null,
            (null, _) => $"{tokens} are spent",
            (_, null) => $"{dollars} are spent",
            _ => $"{dollars} and {tokens} are spent",
        };
    }
}

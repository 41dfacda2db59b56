using System.Text.Json.Serialization;
using Spark.Temporal.Workflows.Domain.Budgets;

namespace Spark.Temporal.Workflows;

/// <summary>A new limit for the whole run; what is left out stays as it is.</summary>
/// <param name="BudgetUsd">Dollars.</param>
/// <param name="BudgetTokens">Tokens sent and received.</param>
public sealed record BudgetRequest(double? BudgetUsd = null, long? BudgetTokens = null)
{
    [JsonIgnore]
    public SpendingLimit Limit => new(BudgetUsd, BudgetTokens);
}

/// <summary>Text for the next attempt's instruction.</summary>
public sealed record GuidanceRequest(string Text);

/// <summary>More attempts; of a construction, more rounds of repair.</summary>
public sealed record ExtendRequest(int Attempts)
{
    /// <summary>Why it cannot be accepted; null when it can.</summary>
    internal static string? Refusal(ExtendRequest? request) =>
        request is null || request.Attempts is < 1 or > 100 ? "attempts is the number to add, from 1 to 100." : null;
}

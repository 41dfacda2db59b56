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

/// <summary>More attempts.</summary>
public sealed record ExtendRequest(int Attempts);

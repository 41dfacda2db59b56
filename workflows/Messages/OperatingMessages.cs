using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Budgets;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>A new limit for the whole run; what is left out stays as it is.</summary>
/// <param name="BudgetUsd">Dollars.</param>
/// <param name="BudgetTokens">Tokens sent and received.</param>
public sealed record BudgetRequest(double? BudgetUsd = null, long? BudgetTokens = null) : IOperatorRequest
{
    public static string Example => """{"budget_usd": 25}, {"budget_tokens": 2000000} or both""";

    [JsonIgnore]
    public SpendingLimit Limit => new(BudgetUsd, BudgetTokens);
}

/// <summary>Text for the next attempt's instruction.</summary>
public sealed record GuidanceRequest(string Text) : IOperatorRequest
{
    public static string Example => """{"text": "what the agent should know"}""";

    public static string? Bare => "text";

    /// <summary>Why it cannot be accepted; null when it can.</summary>
    internal static string? Refusal(OperatorValue<GuidanceRequest>? value) =>
        OperatorValue.Refusal(value)
        ?? (string.IsNullOrWhiteSpace(value!.Request!.Text) ? $"text is empty; give what the agent should be told: {Example}."
            : value.Request.Text.Length > 4000 ? $"text has {value.Request.Text.Length} characters; at most 4,000 fit." : null);
}

/// <summary>More attempts; of a construction, more rounds of repair.</summary>
public sealed record ExtendRequest(int Attempts) : IOperatorRequest
{
    public static string Example => """{"attempts": 3}""";

    public static string? Bare => "attempts";

    /// <summary>Why it cannot be accepted; null when it can.</summary>
    internal static string? Refusal(OperatorValue<ExtendRequest>? value) =>
        OperatorValue.Refusal(value) ?? (value!.Request!.Attempts is < 1 or > 100 ? $"attempts is the number to add, from 1 to 100: {Example}." : null);
}

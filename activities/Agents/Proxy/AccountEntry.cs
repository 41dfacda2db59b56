using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>One line of an account's file.</summary>
/// <param name="Usage">What an answered call used.</param>
/// <param name="Refused">A call was refused because the budget was used up.</param>
/// <param name="Closed">The agent has ended.</param>
/// <param name="Limit">What it may spend from now on.</param>
internal sealed record AccountEntry(TokenUsage? Usage, bool Refused = false, bool Closed = false, SpendingLimit? Limit = null)
{
    /// <summary>A call that was sent.</summary>
    public string? Begun { get; init; }

    /// <summary>What was set aside for it.</summary>
    public TokenUsage? Estimate { get; init; }

    /// <summary>A call that is over.</summary>
    public string? Ended { get; init; }

    /// <summary>It asked for another model than the run's.</summary>
    public bool Other { get; init; }

    /// <summary>Why no model answered it.</summary>
    public UpstreamFailure? Failure { get; init; }
}

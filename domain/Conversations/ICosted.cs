namespace Spark.Temporal.Domain.Conversations;

/// <summary>Something with a cost that may not be known.</summary>
public interface ICosted
{
    /// <summary>In US dollars, as far as it is known; null where nothing of it is.</summary>
    double? CostUsd { get; }

    /// <summary>True where some of the cost is not known, because a model has no price.</summary>
    bool Unpriced { get; }

    /// <summary>True where some of the tokens were estimated, because an endpoint did not say them.</summary>
    bool Estimated { get; }
}

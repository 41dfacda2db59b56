namespace Spark.Temporal.Domain.Statistics;

/// <summary>A confidence interval, both ends included, in the unit of what was estimated.</summary>
public readonly record struct Interval(double Low, double High)
{
    public bool Contains(double value) => Low <= value && value <= High;
}

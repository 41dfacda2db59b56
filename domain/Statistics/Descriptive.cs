namespace Spark.Temporal.Domain.Statistics;

/// <summary>Means, quantiles and standard scores, summed left to right in plain doubles.</summary>
public static class Descriptive
{
    /// <summary>Σx / n; NaN of nothing.</summary>
    public static double Mean(IReadOnlyList<double> values)
    {
        double sum = 0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum / values.Count;
    }

    /// <summary>The middle value, or the mean of the two middle ones; NaN of nothing.</summary>
    public static double Median(IEnumerable<double> values) => Quantile([.. values.Order()], 0.5);

    /// <summary>
    /// The value below which a share of the values lies, interpolated between neighbours: definition 7 of Hyndman and Fan,
    /// "Sample quantiles in statistical packages", The American Statistician 50 (1996).
    /// </summary>
    /// <param name="sorted">In ascending order.</param>
    /// <param name="share">0 to 1.</param>
    public static double Quantile(IReadOnlyList<double> sorted, double share)
    {
        if (sorted.Count == 0)
        {
            return double.NaN;
        }

        var place = share * (sorted.Count - 1);
        var below = (int)Math.Floor(place);
        return below + 1 >= sorted.Count ? sorted[^1] : sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below]));
    }

    /// <summary>
    /// (x − mean) / √(Σ (x − mean)² / n) of every value; 0 of all where the deviation is 0 (docs/architecture.md, "PDI").
    /// </summary>
    public static IReadOnlyList<double> StandardScores(IReadOnlyList<double> values)
    {
        var (mean, deviation) = Spread(values);
        return [.. values.Select(value => Score(value, mean, deviation))];
    }

    /// <summary>The standard score of a value by the mean and deviation of others; 0 where their deviation is 0.</summary>
    public static double StandardScore(double value, IReadOnlyList<double> among)
    {
        var (mean, deviation) = Spread(among);
        return Score(value, mean, deviation);
    }

    /// <summary>The standard score of the last value among all of them. Another order of summing, or a library's, changes recorded decisions.</summary>
    public static double LastStandardScore(IReadOnlyList<double> values)
    {
        var (mean, deviation) = Spread(values);
        return Score(values[^1], mean, deviation);
    }

    private static (double Mean, double Deviation) Spread(IReadOnlyList<double> values)
    {
        var mean = Mean(values);
        double squares = 0;
        foreach (var value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return (mean, Math.Sqrt(squares / values.Count));
    }

    private static double Score(double value, double mean, double deviation) => deviation == 0 ? 0 : (value - mean) / deviation;
}

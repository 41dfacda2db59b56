namespace Spark.Temporal.Domain.Statistics;

/// <summary>
/// Intervals by drawing whole tasks again, with all trials that belong to them, so that repeats of one task are not taken for
/// independent: Efron, Annals of Statistics 7 (1979); clusters in Davison and Hinkley, Bootstrap Methods and their
/// Application (1997), 3.8; percentiles widened for few clusters as in Hesterberg, The American Statistician 69 (2015).
/// </summary>
public static class Bootstrap
{
    public const int Resamples = 2_000;

    /// <summary>The expanded percentile interval of a statistic.</summary>
    /// <param name="clusters">One entry a task.</param>
    /// <param name="statistic">Of a drawing, as long as <paramref name="clusters"/>; the list is used again after the call.</param>
    /// <param name="seed">The same seed gives the same interval.</param>
    /// <param name="level">Such as 0.95.</param>
    /// <param name="resamples">How many drawings.</param>
    /// <returns>Null with fewer than two clusters: one task says nothing about others.</returns>
    public static Interval? ByCluster<T>(
        IReadOnlyList<T> clusters, Func<IReadOnlyList<T>, double> statistic, ulong seed, double level = 0.95, int resamples = Resamples)
    {
        if (clusters.Count < 2)
        {
            return null;
        }

        var random = new SplitMix(seed);
        var drawn = new T[clusters.Count];
        var values = new double[resamples];
        for (var at = 0; at < resamples; at++)
        {
            for (var place = 0; place < drawn.Length; place++)
            {
                drawn[place] = clusters[random.NextBelow(drawn.Length)];
            }

            values[at] = statistic(drawn);
        }

        Array.Sort(values);
        var n = (double)clusters.Count;
        var tail = Distributions.Normal(-Math.Sqrt(n / (n - 1)) * Distributions.StudentQuantile(level, clusters.Count - 1));
        return new Interval(Descriptive.Quantile(values, tail), Descriptive.Quantile(values, 1 - tail));
    }

    /// <summary>The interval of the mean of one number a task, such as Δr.</summary>
    public static Interval? OfMean(IReadOnlyList<double> values, ulong seed, double level = 0.95, int resamples = Resamples) =>
        ByCluster(values, Descriptive.Mean, seed, level, resamples);
}

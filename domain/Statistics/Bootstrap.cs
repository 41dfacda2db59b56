namespace Spark.Temporal.Domain.Statistics;

/// <summary>
/// Intervals by drawing whole tasks again, with all trials that belong to them, so that repeats of one task are not taken for
/// independent: Efron, Annals of Statistics 7 (1979); clusters in Davison and Hinkley, Bootstrap Methods and their
/// Application (1997), 3.8. Ten tasks tell too little in two ways, and each has a remedy. Percentiles are too narrow: they are
/// taken further out, as far as Student's t reaches beyond the normal distribution (Hesterberg, The American Statistician 69,
/// 2015). Few tasks have few different values, and often none like the rare task that gains or loses most: each drawing is
/// smoothed by what one trial can change (Silverman and Young, "The bootstrap: to smooth or not to smooth?", Biometrika 74,
/// 1987). So an interval has a width even where all tasks agree. With many tasks both remedies vanish.
/// </summary>
public static class Bootstrap
{
    public const int Resamples = 2_000;

    /// <summary>The interval of the mean of one number a task, such as Δr.</summary>
    /// <param name="values">One a task.</param>
    /// <param name="blur">How far a task's number moves when a trial of it ends the other way, in its unit; 0 for a number that is known exactly.</param>
    /// <param name="seed">The same seed gives the same interval.</param>
    /// <param name="level">Such as 0.95.</param>
    /// <param name="resamples">How many drawings.</param>
    /// <returns>Null with fewer than two tasks: one says nothing about others.</returns>
    public static Interval? OfMean(IReadOnlyList<double> values, double blur, ulong seed, double level = 0.95, int resamples = Resamples)
    {
        if (values.Count < 2)
        {
            return null;
        }

        var random = new SplitMix(seed);
        var means = new double[resamples];
        for (var at = 0; at < resamples; at++)
        {
            double sum = 0;
            for (var place = 0; place < values.Count; place++)
            {
                sum += values[random.NextBelow(values.Count)];
            }

            means[at] = (sum + (blur * Bell(random))) / values.Count;
        }

        Array.Sort(means);
        var n = (double)values.Count;
        var tail = Distributions.Normal(-Math.Sqrt(n / (n - 1)) * Distributions.StudentQuantile(level, values.Count - 1));
        return new Interval(Descriptive.Quantile(means, tail), Descriptive.Quantile(means, 1 - tail));
    }

    /// <summary>
    /// A number with mean 0 and deviation 1, nearly normal: the sum of four uniform ones. Logarithms, which a normal one needs,
    /// differ in the last bit between machines.
    /// </summary>
    private static double Bell(SplitMix random) =>
        (random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2) * Math.Sqrt(3);
}

namespace Spark.Temporal.Domain.Statistics;

/// <summary>
/// Intervals of a pass rate by the score method: Wilson, "Probable inference, the law of succession, and statistical
/// inference", JASA 22 (1927); recommended for small samples by Brown, Cai and DasGupta, Statistical Science 16 (2001).
/// </summary>
public static class Wilson
{
    /// <summary>The interval of independent trials: every trial another task.</summary>
    /// <param name="passed">0 to <paramref name="trials"/>.</param>
    /// <param name="trials">Nothing gives 0 to 1.</param>
    /// <param name="level">Such as 0.95.</param>
    public static Interval Of(int passed, int trials, double level = 0.95)
    {
        if (trials < 0 || passed < 0 || passed > trials)
        {
            throw new ArgumentOutOfRangeException(nameof(passed), passed, $"passed trials lie between 0 and all {trials}");
        }

        return trials == 0 ? new Interval(0, 1) : Of((double)passed / trials, trials, level);
    }

    /// <summary>
    /// The interval of a pass rate over tasks that were each tried one or more times. Repeats of one task are alike, so they
    /// count for less than as many tasks: the number of trials is divided by the design effect (Kish, Survey Sampling, 1965,
    /// ratio estimator), as in Franco, Little, Louis and Slud, Journal of Survey Statistics and Methodology 7 (2019). It
    /// never counts more trials than there are; with one trial a task it is <see cref="Of(int, int, double)"/>, nearly.
    /// </summary>
    /// <param name="tasks">Of every task, passed and all trials.</param>
    /// <param name="level">Such as 0.95.</param>
    public static Interval OfTasks(IReadOnlyList<(int Passed, int Trials)> tasks, double level = 0.95)
    {
        var tried = tasks.Where(task => task.Trials > 0).ToList();
        int passed = tried.Sum(task => task.Passed), trials = tried.Sum(task => task.Trials);
        if (tried.Count < 2 || passed == 0 || passed == trials)
        {
            // Without variation the effect cannot be estimated; only the tasks are certainly independent.
            return tried.Count == 0 ? new Interval(0, 1) : Of((double)passed / trials, tried.Count, level);
        }

        var rate = (double)passed / trials;
        var squares = tried.Sum(task => Math.Pow(task.Passed - (rate * task.Trials), 2));
        var variance = squares * tried.Count / (tried.Count - 1.0) / trials / trials;
        var effective = variance == 0 ? trials : rate * (1 - rate) / variance;
        return Of(rate, Math.Min(trials, effective), level);
    }

    private static Interval Of(double rate, double trials, double level)
    {
        var z = Distributions.NormalQuantile(level);
        var squared = z * z / trials;
        var centre = (rate + (squared / 2)) / (1 + squared);
        var half = z / (1 + squared) * Math.Sqrt((rate * (1 - rate) / trials) + (squared / 4 / trials));
        // At the ends rounding would leave a limit a few bits off 0 and 1.
        return new Interval(rate == 0 ? 0 : Math.Max(0, centre - half), rate == 1 ? 1 : Math.Min(1, centre + half));
    }
}

namespace Spark.Temporal.Domain.Statistics;

/// <summary>On how many tasks two arms agree; a task counts once.</summary>
/// <param name="Both">Both pass.</param>
/// <param name="OnlyFirst">Only the first passes.</param>
/// <param name="OnlySecond">Only the second passes.</param>
/// <param name="Neither">Neither passes.</param>
public sealed record Agreement(int Both, int OnlyFirst, int OnlySecond, int Neither)
{
    public int Total => Both + OnlyFirst + OnlySecond + Neither;

    /// <summary>The exact test of whether the arms pass equally often.</summary>
    public double McNemarP => McNemar.Exact(OnlyFirst, OnlySecond);

    /// <summary>
    /// Agreement beyond chance, (observed − expected) / (1 − expected): Cohen, "A coefficient of agreement for nominal
    /// scales", Educational and Psychological Measurement 20 (1960). Null where chance alone makes them agree.
    /// </summary>
    public double? Kappa
    {
        get
        {
            double total = Total, first = (Both + OnlyFirst) / total, second = (Both + OnlySecond) / total;
            var expected = (first * second) + ((1 - first) * (1 - second));
            return Total == 0 || expected >= 1 ? null : ((((double)Both + Neither) / total) - expected) / (1 - expected);
        }
    }

    /// <summary>Counts pairs, one a task.</summary>
    public static Agreement Of(IEnumerable<(bool First, bool Second)> pairs)
    {
        var counts = new int[4];
        foreach (var (first, second) in pairs)
        {
            counts[first ? (second ? 0 : 1) : (second ? 2 : 3)]++;
        }

        return new Agreement(counts[0], counts[1], counts[2], counts[3]);
    }
}

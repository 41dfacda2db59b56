namespace Spark.Temporal.Domain.Statistics;

/// <summary>
/// Whether two measures rank alike: Spearman, American Journal of Psychology 15 (1904), as the correlation of mid-ranks, which
/// is right with ties too (Kendall, Rank Correlation Methods, 1948, 3.8).
/// </summary>
public static class Spearman
{
    /// <summary>Most pairs for which every order is tried and p is exact.</summary>
    public const int ExactUpTo = 8;

    /// <summary>ρ, −1 to 1; null with fewer than two pairs or where one side is all ties.</summary>
    public static double? Rho(IReadOnlyList<double> left, IReadOnlyList<double> right)
    {
        RequirePairs(left, right);
        return Correlation(Ranks(left), Ranks(right));
    }

    /// <summary>Ranks from 1; equal values share the mean of the ranks they take.</summary>
    public static double[] Ranks(IReadOnlyList<double> values)
    {
        var order = Enumerable.Range(0, values.Count).OrderBy(at => values[at]).ToArray();
        var ranks = new double[values.Count];
        for (var from = 0; from < order.Length;)
        {
            var to = from + 1;
            while (to < order.Length && values[order[to]].Equals(values[order[from]]))
            {
                to++;
            }

            for (var at = from; at < to; at++)
            {
                ranks[order[at]] = (from + 1 + to) / 2.0;
            }

            from = to;
        }

        return ranks;
    }

    /// <summary>
    /// Two-sided p by permutation: the share of orders of one side with a |ρ| at least as large. All of them up to
    /// <see cref="ExactUpTo"/> pairs, else drawn ones, counted as (1 + hits) / (1 + drawn) so that it is never 0 (Phipson and
    /// Smyth, Statistical Applications in Genetics and Molecular Biology 9, 2010).
    /// </summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other, as long.</param>
    /// <param name="seed">The same seed gives the same p.</param>
    /// <param name="drawn">How many orders are drawn.</param>
    /// <returns>Null where ρ is.</returns>
    public static double? PermutationP(IReadOnlyList<double> left, IReadOnlyList<double> right, ulong seed, int drawn = 20_000)
    {
        RequirePairs(left, right);
        double[] x = Ranks(left), y = Ranks(right);
        if (Correlation(x, y) is not { } rho)
        {
            return null;
        }

        // Orders that give the same ρ may differ in its last bits.
        var least = Math.Abs(rho) - 1e-12;
        if (x.Length <= ExactUpTo)
        {
            long hits = 0, all = 0;
            Each(y, 0, () =>
            {
                all++;
                hits += Math.Abs(Correlation(x, y)!.Value) >= least ? 1 : 0;
            });
            return (double)hits / all;
        }

        var random = new SplitMix(seed);
        long found = 0;
        for (var at = 0; at < drawn; at++)
        {
            random.Shuffle<double>(y);
            found += Math.Abs(Correlation(x, y)!.Value) >= least ? 1 : 0;
        }

        return (1.0 + found) / (1.0 + drawn);
    }

    private static void Each(double[] values, int from, Action visit)
    {
        if (from == values.Length)
        {
            visit();
            return;
        }

        for (var at = from; at < values.Length; at++)
        {
            (values[from], values[at]) = (values[at], values[from]);
            Each(values, from + 1, visit);
            (values[from], values[at]) = (values[at], values[from]);
        }
    }

    private static double? Correlation(double[] x, double[] y)
    {
        if (x.Length < 2)
        {
            return null;
        }

        // The mean of ranks is the same with and without ties.
        var mean = (x.Length + 1) / 2.0;
        double both = 0, ofX = 0, ofY = 0;
        for (var at = 0; at < x.Length; at++)
        {
            both += (x[at] - mean) * (y[at] - mean);
            ofX += (x[at] - mean) * (x[at] - mean);
            ofY += (y[at] - mean) * (y[at] - mean);
        }

        return ofX == 0 || ofY == 0 ? null : Math.Clamp(both / Math.Sqrt(ofX * ofY), -1, 1);
    }

    private static void RequirePairs(IReadOnlyList<double> left, IReadOnlyList<double> right)
    {
        if (left.Count != right.Count)
        {
            throw new ArgumentException($"there are {left.Count} values on one side and {right.Count} on the other; ranks are compared in pairs", nameof(right));
        }
    }
}

namespace Spark.Temporal.Domain.Statistics;

/// <summary>
/// Whether two arms differ on the same tasks, from the tasks on which they disagree: McNemar, Psychometrika 12 (1947), in the
/// exact conditional form of Cochran, Biometrika 37 (1950).
/// </summary>
public static class McNemar
{
    /// <summary>
    /// Two-sided p: min(1, 2 · P(X ≤ min(b, c))) with X binomial of b + c tosses at one half; 1 where the arms never disagree.
    /// </summary>
    /// <param name="onlyFirst">b: tasks that only the first arm passes.</param>
    /// <param name="onlySecond">c: tasks that only the second arm passes.</param>
    public static double Exact(int onlyFirst, int onlySecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(onlyFirst);
        ArgumentOutOfRangeException.ThrowIfNegative(onlySecond);
        int tosses = onlyFirst + onlySecond, fewer = Math.Min(onlyFirst, onlySecond);
        double logarithm = -tosses * Math.Log(2), tail = 0;
        for (var heads = 0; heads <= fewer; heads++)
        {
            tail += Math.Exp(logarithm);
            logarithm += Math.Log((double)(tosses - heads) / (heads + 1));
        }

        return Math.Min(1, 2 * tail);
    }
}

namespace Spark.Temporal.Domain.Statistics;

/// <summary>The normal and Student's t distribution, as far as intervals need them.</summary>
public static class Distributions
{
    /// <summary>
    /// P(Z ≤ z) of the standard normal distribution, to 7.5e-8: Abramowitz and Stegun, Handbook of Mathematical Functions,
    /// 26.2.17.
    /// </summary>
    public static double Normal(double z)
    {
        var t = 1 / (1 + (0.2316419 * Math.Abs(z)));
        var tail = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI)
            * t * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        return z > 0 ? 1 - tail : tail;
    }

    /// <summary>
    /// P(|T| ≤ t) of Student's t with whole degrees of freedom, in closed form: Abramowitz and Stegun, 26.7.3 and 26.7.4.
    /// </summary>
    public static double StudentWithin(double t, int degrees)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degrees, 1);
        var angle = Math.Atan(t / Math.Sqrt(degrees));
        var cosine = Math.Cos(angle);
        var isOdd = degrees % 2 == 1;
        double sum = 0, term = isOdd ? cosine : 1;
        for (var power = isOdd ? 1 : 0; power <= degrees - 2; power += 2)
        {
            sum += term;
            term *= cosine * cosine * (power + 1) / (power + 2);
        }

        return isOdd ? 2 / Math.PI * (angle + (Math.Sin(angle) * sum)) : Math.Sin(angle) * sum;
    }

    /// <summary>The t with P(|T| ≤ t) = level, to 1e-10.</summary>
    /// <param name="level">Between 0 and 1, such as 0.95.</param>
    /// <param name="degrees">Degrees of freedom, from 1; large ones give the normal quantile.</param>
    public static double StudentQuantile(double level, int degrees)
    {
        RequireLevel(level);
        double low = 0, high = 1;
        while (StudentWithin(high, degrees) < level)
        {
            high *= 2;
        }

        while (high - low > 1e-10 * Math.Max(1, high))
        {
            var middle = (low + high) / 2;
            (low, high) = StudentWithin(middle, degrees) < level ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }

    /// <summary>The z with P(|Z| ≤ z) = level, to 1e-5; for 0.95 exactly rounded.</summary>
    public static double NormalQuantile(double level)
    {
        RequireLevel(level);
        if (level == 0.95)
        {
            return 1.9599639845400545;
        }

        double low = 0, high = 9;
        while (high - low > 1e-10)
        {
            var middle = (low + high) / 2;
            (low, high) = (2 * Normal(middle)) - 1 < level ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }

    private static void RequireLevel(double level)
    {
        if (level is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(level), level, "a level of confidence lies between 0 and 1, such as 0.95");
        }
    }
}

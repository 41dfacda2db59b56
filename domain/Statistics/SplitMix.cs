namespace Spark.Temporal.Domain.Statistics;

/// <summary>
/// A small generator of pseudo-random numbers that gives the same numbers on every machine and runtime, so that a report made
/// twice is the same report. SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
/// 2014. Not for secrets.
/// </summary>
public sealed class SplitMix(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>Uniform in [0, 1), in steps of 2⁻⁵³.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>
    /// Uniform among 0 … <paramref name="bound"/> − 1, without bias: Lemire, "Fast random integer generation in an interval",
    /// ACM TOMACS 29 (2019).
    /// </summary>
    public int NextBelow(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        var range = (ulong)bound;
        var high = Math.BigMul(Next(), range, out var low);
        if (low < range)
        {
            for (var least = (0 - range) % range; low < least;)
            {
                high = Math.BigMul(Next(), range, out low);
            }
        }

        return (int)high;
    }

    /// <summary>Puts the values into a random order, each order as likely: Knuth, TAOCP 2, 3.4.2, algorithm P.</summary>
    public void Shuffle<T>(Span<T> values)
    {
        for (var last = values.Length - 1; last > 0; last--)
        {
            var other = NextBelow(last + 1);
            (values[last], values[other]) = (values[other], values[last]);
        }
    }
}

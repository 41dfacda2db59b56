using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Pdi;

/// <summary>
/// How alike two texts are, 0 to 1 (docs/architecture.md, "Similarity"). Sums run left to right in an order that the texts
/// alone decide, so that a replay on another machine adds the same numbers in the same order.
/// </summary>
public static class Similarity
{
    // Add-α smoothing of the token distributions.
    private const double Alpha = 0.002;

    // Logarithms differ in the last bit between machines; what is left after this does not.
    private const int Decimals = 12;

    /// <summary>|a ∩ b| / |a|; 0 for an empty a.</summary>
    public static double Containment(HashSet<string> a, HashSet<string> b) => a.Count == 0 ? 0 : (double)Shared(a, b) / a.Count;

    /// <summary>|a ∩ b| / |a ∪ b|; 0 for an empty union.</summary>
    public static double Jaccard(HashSet<string> a, HashSet<string> b)
    {
        var shared = Shared(a, b);
        var union = a.Count + b.Count - shared;
        return union == 0 ? 0 : (double)shared / union;
    }

    /// <summary>
    /// 1 − JS(P, Q), with JS = ½ Σ p ln(p/m) + ½ Σ q ln(q/m), m = ½ (p + q), and p, q the token distributions with α added
    /// to every count of the joint vocabulary; rounded to 12 decimals. 0 where that vocabulary has fewer than two words.
    /// </summary>
    public static double JensenShannon(string a, string b)
    {
        IReadOnlyList<string> left = Tokens.Of(a), right = Tokens.Of(b);
        Dictionary<string, int> places = new(StringComparer.Ordinal);
        List<(int Left, int Right)> counts = [];
        foreach (var token in left)
        {
            var place = Place(token);
            counts[place] = (counts[place].Left + 1, counts[place].Right);
        }

        foreach (var token in right)
        {
            var place = Place(token);
            counts[place] = (counts[place].Left, counts[place].Right + 1);
        }

        if (counts.Count < 2)
        {
            return 0;
        }

        var leftTotal = left.Count + (Alpha * counts.Count);
        var rightTotal = right.Count + (Alpha * counts.Count);
        double fromLeft = 0, fromRight = 0;
        foreach (var (inLeft, inRight) in counts)
        {
            var p = (inLeft + Alpha) / leftTotal;
            var q = (inRight + Alpha) / rightTotal;
            var m = 0.5 * (p + q);
            fromLeft += p * Math.Log(p / m);
            fromRight += q * Math.Log(q / m);
        }

        return Rounding.HalfEven(1 - ((0.5 * fromLeft) + (0.5 * fromRight)), Decimals);

        int Place(string token)
        {
            if (!places.TryGetValue(token, out var place))
            {
                place = counts.Count;
                places.Add(token, place);
                counts.Add((0, 0));
            }

            return place;
        }
    }

    private static int Shared(HashSet<string> a, HashSet<string> b) => a.Count <= b.Count ? a.Count(b.Contains) : b.Count(a.Contains);
}

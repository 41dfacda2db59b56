namespace Spark.Temporal.Domain.Texts;

/// <summary>Finds the known names that were probably meant.</summary>
public static class NearMatches
{
    private const int Most = 3;

    /// <summary>
    /// Known names within an edit distance of a third of the name's length (at least 1), or that hold it; nearest first,
    /// at most three.
    /// </summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> known)
    {
        var asked = name.ToLowerInvariant();
        var most = Math.Max(1, asked.Length / 3);
        return [.. known
            .Select(candidate => (candidate, distance: Distance(asked, candidate.ToLowerInvariant())))
            .Where(pair => pair.distance <= most || (asked.Length >= 3 && pair.candidate.Contains(asked, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(pair => pair.distance)
            .ThenBy(pair => pair.candidate, StringComparer.Ordinal)
            .Take(Most)
            .Select(pair => pair.candidate)];
    }

    /// <summary><c>; did you mean 'a' or 'b'?</c>, empty where nothing is near.</summary>
    public static string Remedy(string name, IEnumerable<string> known)
    {
        var near = Of(name, known);
        return near.Count == 0 ? "" : $"; did you mean {string.Join(" or ", near.Select(one => $"'{one}'"))}?";
    }

    /// <summary>Levenshtein's distance, with two neighbouring letters swapped counted as one edit.</summary>
    public static int Distance(string left, string right)
    {
        var (before, above, row) = (new int[right.Length + 1], new int[right.Length + 1], new int[right.Length + 1]);
        for (var j = 0; j <= right.Length; j++)
        {
            above[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = left[i - 1] == right[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(above[j] + 1, row[j - 1] + 1), above[j - 1] + cost);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            (before, above, row) = (above, row, before);
        }

        return above[right.Length];
    }
}

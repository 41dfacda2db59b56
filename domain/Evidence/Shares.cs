namespace Spark.Temporal.Domain.Evidence;

/// <summary>Divides a budget among parts.</summary>
public static class Shares
{
    /// <summary>
    /// Gives every part what it needs, at most its share of the budget. The rest goes to the parts that need more, again by
    /// their shares.
    /// </summary>
    /// <returns>Allowances in the order of the parts; their sum is never above the budget.</returns>
    public static int[] Spread(IReadOnlyList<(int Wanted, int Share)> parts, int budget)
    {
        var allowances = new int[parts.Count];
        var open = Enumerable.Range(0, parts.Count).ToList();
        var left = budget;
        while (open.Count > 0)
        {
            var shares = open.Sum(i => parts[i].Share);
            var round = left;
            var content = open.Where(i => parts[i].Wanted <= (long)round * parts[i].Share / shares).ToList();
            if (content.Count == 0)
            {
                foreach (var i in open)
                {
                    allowances[i] = (int)((long)left * parts[i].Share / shares);
                }

                break;
            }

            foreach (var i in content)
            {
                allowances[i] = parts[i].Wanted;
                left -= parts[i].Wanted;
            }

            open.RemoveAll(content.Contains);
        }

        return allowances;
    }
}

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>A line of a text that was rewritten.</summary>
/// <param name="Kind"><c>same</c>, <c>added</c> or <c>removed</c>.</param>
/// <param name="Text">The line.</param>
internal sealed record DiffLine(string Kind, string Text);

/// <summary>What a rewrite changed, line by line, by the longest common subsequence.</summary>
internal static class LineDiff
{
    public static IReadOnlyList<DiffLine> Of(string before, string after)
    {
        string[] old = before.Length == 0 ? [] : before.Split('\n'), now = after.Length == 0 ? [] : after.Split('\n');

        // common[i, j]: length of the longest common subsequence of what follows line i of the old and line j of the new one.
        var common = new int[old.Length + 1, now.Length + 1];
        for (var i = old.Length - 1; i >= 0; i--)
        {
            for (var j = now.Length - 1; j >= 0; j--)
            {
                common[i, j] = old[i] == now[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        List<DiffLine> lines = [];
        var (at, to) = (0, 0);
        while (at < old.Length || to < now.Length)
        {
            if (at < old.Length && to < now.Length && old[at] == now[to])
            {
                lines.Add(new("same", now[to++]));
                at++;
            }
            else if (at < old.Length && (to == now.Length || common[at + 1, to] >= common[at, to + 1]))
            {
                lines.Add(new("removed", old[at++]));
            }
            else
            {
                lines.Add(new("added", now[to++]));
            }
        }

        return lines;
    }
}

using DiffPlex;

namespace Spark.Temporal.Starter.Texts;

/// <summary>A line of a text that was rewritten.</summary>
/// <param name="Kind"><c>same</c>, <c>added</c> or <c>removed</c>.</param>
/// <param name="Text">The line.</param>
internal sealed record DiffLine(string Kind, string Text)
{
    public const string Same = "same";
    public const string Added = "added";
    public const string Removed = "removed";
}

/// <summary>The changes of a rewrite, line by line; where old and new lines meet, the old ones come first.</summary>
internal static class LineDiff
{
    public static IReadOnlyList<DiffLine> Of(string before, string after)
    {
        var diff = Differ.Instance.CreateDiffs(before, after, ignoreWhiteSpace: false, ignoreCase: false, new Lines());
        List<DiffLine> lines = [];
        var at = 0;
        foreach (var block in diff.DiffBlocks)
        {
            Add(DiffLine.Same, diff.PiecesOld, at, block.DeleteStartA - at);
            Add(DiffLine.Removed, diff.PiecesOld, block.DeleteStartA, block.DeleteCountA);
            Add(DiffLine.Added, diff.PiecesNew, block.InsertStartB, block.InsertCountB);
            at = block.DeleteStartA + block.DeleteCountA;
        }

        Add(DiffLine.Same, diff.PiecesOld, at, diff.PiecesOld.Count - at);
        return lines;

        void Add(string kind, IReadOnlyList<string> text, int from, int count) =>
            lines.AddRange(text.Skip(from).Take(count).Select(line => new DiffLine(kind, line)));
    }

    /// <summary>Lines end only at a line feed, so that both texts can be restored from the result. An empty text has no line.</summary>
    private sealed class Lines : IChunker
    {
        public IReadOnlyList<string> Chunk(string text) => text.Length == 0 ? [] : text.Split('\n');
    }
}

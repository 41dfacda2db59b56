using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Evidence;

/// <summary>One piece of evidence.</summary>
/// <param name="Text">Markdown of ours, or one line quoted.</param>
/// <param name="Quoted">Text of others, shown between fences; null where there is none.</param>
/// <param name="Score">How much it tells; where space is short, the least telling entries are left out first.</param>
public sealed record EvidenceEntry(string Text, string? Quoted = null, double Score = 1)
{
    public int Length => Text.Length + (Quoted is null ? 0 : Quoting.FencedLength(Quoted) + 1);

    public string Render() => Quoted is null ? Text : $"{Text}\n{Quoting.Fenced(Quoted)}";
}

/// <summary>A block of evidence.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Entries">What it holds, in reading order.</param>
public sealed record EvidenceBlock(string Title, IReadOnlyList<EvidenceEntry> Entries)
{
    private const string Nothing = "(nothing)";
    private const int NoteCharacters = 32;

    // A shorter quotation says nothing.
    private const int ShortestQuotation = 120;

    // Entries are left out before quotations are cut below this.
    private const int TellingQuotation = 1_500;

    /// <summary>Characters of the whole block.</summary>
    public int Length => Entries.Count == 0 ? Nothing.Length : Entries.Sum(entry => entry.Length + 1) - 1;

    /// <summary>
    /// The block in at most so many characters. While there is room all of it stands; then the longest quotations are cut in their middle, all to one
    /// length; where that would leave them little, the least telling entries are left out and counted instead.
    /// </summary>
    public string Render(int characters)
    {
        if (Length <= characters)
        {
            return Entries.Count == 0 ? Nothing : string.Join('\n', Entries.Select(entry => entry.Render()));
        }

        var kept = new EvidenceEntry?[Entries.Count];
        var left = characters - NoteCharacters;
        if (Longest(left) is { } most)
        {
            return string.Join('\n', Entries.Select(entry => Cut(entry, most).Render()));
        }

        foreach (var at in Enumerable.Range(0, Entries.Count).OrderByDescending(at => Entries[at].Score).ThenByDescending(at => at))
        {
            if (Fit(Cut(Entries[at], TellingQuotation), left - 1) is { } entry)
            {
                kept[at] = entry;
                left -= entry.Length + 1;
            }
        }

        var lines = kept.OfType<EvidenceEntry>().Select(entry => entry.Render()).ToList();
        if (lines.Count < Entries.Count && characters >= NoteCharacters)
        {
            lines.Add($"(left out: {Entries.Count - lines.Count})");
        }

        return string.Join('\n', lines);
    }

    /// <summary>The length to which all quotations have to be cut, so that every entry stays; null where that is too short.</summary>
    private int? Longest(int characters)
    {
        if (Sum(TellingQuotation) > characters)
        {
            return null;
        }

        var (low, high) = (TellingQuotation, Entries.Max(entry => entry.Quoted?.Length ?? 0));
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            (low, high) = Sum(middle) <= characters ? (middle, high) : (low, middle - 1);
        }

        return low;

        long Sum(int most) => Entries.Sum(entry => (long)Cut(entry, most).Length + 1);
    }

    private static EvidenceEntry Cut(EvidenceEntry entry, int characters) =>
        entry.Quoted is { } quoted && quoted.Length > characters ? entry with { Quoted = Quoting.HeadAndTail(quoted, characters) } : entry;

    private static EvidenceEntry? Fit(EvidenceEntry entry, int characters)
    {
        if (entry.Length <= characters)
        {
            return entry;
        }

        if (entry.Quoted is null)
        {
            return null;
        }

        var space = characters - entry.Text.Length - 1 - (Quoting.FencedLength(entry.Quoted) - entry.Quoted.Length);
        return space >= ShortestQuotation ? entry with { Quoted = Quoting.HeadAndTail(entry.Quoted, space) } : null;
    }
}

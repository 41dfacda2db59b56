using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Memo;

/// <summary>
/// The bullets of a Verified Facts section. One top-level bullet with the lines that continue it is one fact; a section
/// without bullets counts by lines. A bullet <c>- Withdrawn: fact (reason)</c>, or any bullet below a line
/// <c>Withdrawn:</c>, names a fact that turned out wrong and is no fact itself.
/// </summary>
/// <param name="Facts">Facts that hold, each without its bullet mark.</param>
/// <param name="Withdrawn">Facts that were withdrawn, each as the memo words it.</param>
public sealed partial record VerifiedFacts(IReadOnlyList<string> Facts, IReadOnlyList<string> Withdrawn)
{
    /// <summary>Reads the text of the section.</summary>
    public static VerifiedFacts Read(string section)
    {
        List<string> facts = [];
        List<string> withdrawn = [];
        var taken = facts;
        foreach (var entry in Entries(section))
        {
            var mark = WithdrawnMark().Match(entry);
            if (!mark.Success)
            {
                Add(taken, entry);
            }
            else if (mark.Length < entry.Length)
            {
                Add(withdrawn, entry[mark.Length..]);
            }
            else
            {
                taken = withdrawn;
            }
        }

        return new VerifiedFacts(facts, withdrawn);
    }

    private static void Add(List<string> list, string entry)
    {
        if (!NothingYet().IsMatch(entry) && Texts.Tokens.Of(entry).Count > 0)
        {
            list.Add(entry.Trim());
        }
    }

    private static List<string> Entries(string section)
    {
        var lines = section.Split('\n').Where(line => line.Trim().Length > 0).ToList();
        var bulleted = lines.Any(line => TopBullet().IsMatch(line));
        List<string> entries = [];
        foreach (var line in lines)
        {
            if (TopBullet().Match(line) is { Success: true } bullet)
            {
                entries.Add(line[bullet.Length..]);
            }
            else if (!bulleted || entries.Count == 0 || WithdrawnMark().Match(line).Length == line.Length)
            {
                entries.Add(line);
            }
            else
            {
                entries[^1] += "\n" + line.Trim();
            }
        }

        return entries;
    }

    [GeneratedRegex(@"^ ?(?:[-*+•]|\d{1,3}[.)])\s+")]
    private static partial Regex TopBullet();

    [GeneratedRegex(@"^[\s#*_~]*withdrawn(?:\s+facts?)?[*_~]*\s*:[\s*_~]*", RegexOptions.IgnoreCase)]
    private static partial Regex WithdrawnMark();

    [GeneratedRegex(@"^\W*(?:none|nothing|n/a|no (?:verified )?facts)(?:\s+\w+){0,4}\W*$", RegexOptions.IgnoreCase)]
    private static partial Regex NothingYet();
}

using System.Text;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Skills;

/// <summary>One file of a skill.</summary>
/// <param name="Path">Path in the skill's folder, with slashes.</param>
/// <param name="Text">Its text.</param>
public sealed record SkillFile(string Path, string Text);

/// <summary>A skill as a model writes it: <c>SKILL.md</c> first, then the files that it names, each below a line <c>=== PATH ===</c>.</summary>
/// <param name="Text">Text of <c>SKILL.md</c>.</param>
/// <param name="Files">The other files, in the order of the reply.</param>
public sealed partial record SkillBundle(string Text, IReadOnlyList<SkillFile> Files)
{
    /// <summary>Reads a reply: code fences and reasoning tags around it and around each file go, and each file ends with one line end.</summary>
    /// <param name="reply">The reply; one that was cut and continued is joined before.</param>
    public static SkillBundle FromReply(string? reply)
    {
        var text = ReplyText.Strip(reply, line => line == "---" || IsMark(line));
        List<(string Path, StringBuilder Text)> parts = [(SkillDocument.FileName, new())];
        foreach (var line in text.Split('\n'))
        {
            if (MarkOf(line) is { } path)
            {
                // A mark before the first file names it; words before that mark are none of the skill.
                if (path == SkillDocument.FileName)
                {
                    parts[0].Text.Clear();
                    parts.Add((path, parts[0].Text));
                }
                else
                {
                    parts.Add((path, new()));
                }
            }
            else
            {
                parts[^1].Text.Append(line).Append('\n');
            }
        }

        return new SkillBundle(
            SkillDocument.FromReply(parts[0].Text.ToString()),
            [.. parts.Where(part => part.Path != SkillDocument.FileName).GroupBy(part => part.Path).Select(same => new SkillFile(same.Key, Plain(same.Key, same.Last().Text.ToString())))]);
    }

    /// <summary>As a model would have written it.</summary>
    public override string ToString() => Text + string.Concat(Files.Select(file => $"\n=== {file.Path} ===\n{file.Text}"));

    private static string Plain(string path, string text)
    {
        var kept = ReplyText.Strip(text);

        // A program between fences; what is no Markdown has none of its own.
        if (!path.EndsWith(".md", StringComparison.OrdinalIgnoreCase) && kept.Split('\n') is { Length: > 1 } lines
            && lines[0].StartsWith("```", StringComparison.Ordinal) && lines[^1].Trim() == "```")
        {
            kept = string.Join('\n', lines[1..^1]);
        }

        return kept.Length > 0 ? kept + "\n" : "";
    }

    private static bool IsMark(string line) => MarkOf(line) is not null;

    private static string? MarkOf(string line) => FileMark().Match(line) is { Success: true } mark ? mark.Groups[1].Value : null;

    [GeneratedRegex(@"^={3,}\s*`?((?:\./)?(?:SKILL\.md|(?:references|scripts|assets)/[^\s`]+))`?\s*={3,}\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex FileMark();
}

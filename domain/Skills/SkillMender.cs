using System.Text;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Skills;

/// <summary>Mends by rule what needs no model: front matter around a good body, and the naming of files.</summary>
public static partial class SkillMender
{
    /// <summary>Mends a skill as far as rules can.</summary>
    /// <param name="skill">The skill.</param>
    /// <param name="name">The name it must have.</param>
    /// <param name="purpose">What it is for, in words of the task: the description where it has none.</param>
    /// <returns>The skill, and what was done to it; the same skill where there was nothing to do or nothing can be done.</returns>
    public static (SkillBundle Skill, IReadOnlyList<string> Done) Mend(SkillBundle skill, string name, string purpose)
    {
        List<string> done = [];
        var text = skill.Text;
        if (SkillRules.Check(text, name) is { Count: > 0 } problems && Rebuilt(text, name, purpose) is { } rebuilt && SkillRules.Check(rebuilt, name).Count == 0)
        {
            done.AddRange(problems.Select(problem => $"mended by rule: {problem}"));
            text = rebuilt;
        }

        var unnamed = SkillBundleRules.Unnamed(skill with { Text = text });
        if (unnamed.Count > 0 && text.Trim().Length > 0)
        {
            done.Add($"mended by rule: SKILL.md did not name {string.Join(", ", unnamed)}");
            text = $"{text.TrimEnd()}\n\n## Further files\n\n{string.Concat(unnamed.Select(path => $"- `{path}`\n"))}";
        }

        return (skill with { Text = text }, done);
    }

    /// <summary>A skill of a text that is only a body.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="body">The body.</param>
    public static string Make(string name, string purpose, string body) => Join(name, Description(purpose, name), [], body);

    private static string? Rebuilt(string text, string name, string purpose)
    {
        var document = SkillDocument.Parse(Begun(text.TrimStart('\uFEFF')));
        if (document.BodyLines == 0)
        {
            return null;
        }

        var (yaml, body) = document.ClosingLine > 0 ? (document.FrontMatter, document.Body) : Unclosed(document.Body);
        return body.Length == 0 || (yaml.Length == 0 && !IsGood(body)) ? null : Join(name, Description(DescriptionIn(yaml) ?? purpose, name), Kept(yaml), body);
    }

    /// <summary>Whether a text without any front matter is meant as a skill: it has a heading, a list or a program, and more than that.</summary>
    private static bool IsGood(string body) => body.Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: > 1 } lines && lines.Any(line => Structure().IsMatch(line));

    /// <summary>The text from its front matter on, where only words stand before it.</summary>
    private static string Begun(string text)
    {
        var lines = text.Split('\n');
        var first = Array.FindIndex(lines, line => line.TrimEnd() == "---");
        return first > 0 && lines.Skip(first + 1).TakeWhile(line => line.TrimEnd() != "---").Any(line => NameLine().IsMatch(line)) && !lines.Take(first).Any(line => line.StartsWith('#'))
            ? string.Join('\n', lines[first..])
            : text;
    }

    /// <summary>Front matter that was never closed ends where something else begins.</summary>
    private static (string Yaml, string Body) Unclosed(string text)
    {
        var lines = text.Split('\n');
        if (lines[0].TrimEnd() != "---")
        {
            return ("", text);
        }

        var end = Array.FindIndex(lines, 1, line => line.Length > 0 && line[0] is not (' ' or '\t') && !Entry().IsMatch(line));
        return end < 0 ? (string.Join('\n', lines[1..]), "") : (string.Join('\n', lines[1..end]), string.Join('\n', lines[end..]).Trim());
    }

    private static string? DescriptionIn(string yaml)
    {
        if (SkillFrontMatter.Read(yaml).Fields.FirstOrDefault(field => field.Key == "description")?.Value is { } read && !string.IsNullOrWhiteSpace(read))
        {
            return read;
        }

        var lines = yaml.Split('\n');
        var at = Array.FindIndex(lines, line => line.StartsWith("description:", StringComparison.OrdinalIgnoreCase));
        if (at < 0)
        {
            return null;
        }

        var value = lines[at]["description:".Length..].Trim();
        var more = lines.Skip(at + 1).TakeWhile(line => line.StartsWith(' ') || line.StartsWith('\t')).Select(line => line.Trim());
        var words = string.Join(' ', [.. value is "" or "|" or ">" or "|-" or ">-" ? [] : new[] { value }, .. more]).Trim().Trim('"', '\'');
        return words.Length > 0 ? words : null;
    }

    private static string Description(string words, string name)
    {
        // Three hyphens end the front matter for some readers, wherever they stand.
        var line = Spaces().Replace(words.Replace("---", "-", StringComparison.Ordinal).Replace("<", "", StringComparison.Ordinal).Replace(">", "", StringComparison.Ordinal), " ").Trim();
        line = new string([.. line.Where(c => !char.IsControl(c))]);
        if (line.Length == 0)
        {
            line = $"What was verified about {name}.";
        }

        return line.EnumerateRunes().Count() <= SkillRules.MaxDescriptionCharacters ? line : PlainText.OneLine(line, SkillRules.MaxDescriptionCharacters - 1);
    }

    /// <summary>Lines of the other keys that are valid as they stand.</summary>
    private static List<string> Kept(string yaml)
    {
        var front = SkillFrontMatter.Read(yaml);
        var lines = yaml.Split('\n');
        List<string> kept = [];
        foreach (var field in front.BrokeOff ? [] : front.Fields.Where(field => field.Key is "license" or "compatibility" or "allowed-tools" or "metadata"))
        {
            // The first line of the YAML is the second one of the file.
            var from = field.Line - 2;
            var until = from + 1;
            while (until < lines.Length && (lines[until].StartsWith(' ') || lines[until].StartsWith('\t')))
            {
                until++;
            }

            if (!front.Problems.Any(problem => problem.Line - 2 >= from && problem.Line - 2 < until) && !(field.Key == "metadata" && field.Value is not null))
            {
                kept.AddRange(lines[from..until]);
            }
        }

        return kept;
    }

    private static string Join(string name, string description, IReadOnlyList<string> kept, string body)
    {
        var text = new StringBuilder($"---\nname: {(YamlScalars.IsText(name) ? name : $"\"{name}\"")}\ndescription: \"{description.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"\n");
        foreach (var line in kept)
        {
            text.Append(line).Append('\n');
        }

        return text.Append("---\n\n").Append(body.Trim()).Append('\n').ToString();
    }

    [GeneratedRegex(@"^name\s*:", RegexOptions.CultureInvariant)]
    private static partial Regex NameLine();

    [GeneratedRegex(@"^[A-Za-z][\w-]*\s*:", RegexOptions.CultureInvariant)]
    private static partial Regex Entry();

    [GeneratedRegex(@"^\s*(?:#{1,6} |[-*] |\d+[.)] |```)", RegexOptions.CultureInvariant)]
    private static partial Regex Structure();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();
}

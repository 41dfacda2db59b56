using System.Globalization;
using System.Text;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Skills;

/// <summary>
/// Whether a <c>SKILL.md</c> is valid by the Agent Skills specification, as its own validator decides (<c>skills-ref</c> of
/// agentskills/agentskills at 69ef37e). What we ask of skills that we write is narrower: <see cref="SkillRules"/>.
/// </summary>
public static class SpecificationRules
{
    private const string Mark = "---";

    /// <summary>Checks a file.</summary>
    /// <param name="text">Text of the file; any line ends.</param>
    /// <param name="folder">Name of its folder, which must be the skill's name.</param>
    /// <returns>Every error in the order of the lines; empty when the skill is valid.</returns>
    public static IReadOnlyList<SkillProblem> Check(string text, string folder)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return [new(1, "the file is empty")];
        }

        if (text[0] == '\uFEFF')
        {
            return [new(1, "the file begins with a byte-order mark; save it without one")];
        }

        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        var end = lines.StartsWith(Mark, StringComparison.Ordinal) ? lines.IndexOf(Mark, Mark.Length, StringComparison.Ordinal) : -1;
        if (end < 0)
        {
            return [SkillDocument.NoFrontMatter(lines)];
        }

        var (entries, problem) = StrictFrontMatter.Read(lines[Mark.Length..end]);
        List<SkillProblem> problems = problem is null ? [.. Problems(entries, folder)] : [problem];

        // The validator cuts at the next three hyphens, wherever they are.
        if (problems.Count > 0 && lines[end - 1] != '\n')
        {
            problems.Add(new(lines.AsSpan(0, end).Count('\n') + 1, "'---' ends the front matter here, within a line; write it another way"));
        }

        return [.. problems.OrderBy(one => one.Line)];
    }

    private static IEnumerable<SkillProblem> Problems(IReadOnlyList<FrontMatterEntry> entries, string folder)
    {
        foreach (var unknown in entries.Where(entry => !SkillFrontMatter.KnownKeys.Contains(entry.Key)))
        {
            yield return new(unknown.Line, $"unknown key '{PlainText.OneLine(unknown.Key, 60)}'; allowed are {string.Join(", ", SkillFrontMatter.KnownKeys)} (anything else goes under metadata)");
        }

        foreach (var key in (string[])["name", "description"])
        {
            if (entries.FirstOrDefault(entry => entry.Key == key) is not { } field)
            {
                yield return new(1, $"'{key}' is missing");
            }
            else if (string.IsNullOrWhiteSpace(field.Text))
            {
                yield return new(field.Line, field.Text is null ? $"{key} must be text, not {Kind(field)}" : $"{key} is empty");
            }
            else if (key == "name")
            {
                foreach (var wrong in Name(field.Text.Trim(), folder))
                {
                    yield return new(field.Line, wrong);
                }
            }
            else if (TooLong(field, SkillRules.MaxDescriptionCharacters) is { } problem)
            {
                yield return problem;
            }
        }

        if (entries.FirstOrDefault(entry => entry.Key == "compatibility") is { } compatibility)
        {
            if (compatibility.Text is null)
            {
                yield return new(compatibility.Line, $"compatibility must be text, not {Kind(compatibility)}");
            }
            else if (TooLong(compatibility, SkillRules.MaxCompatibilityCharacters) is { } problem)
            {
                yield return problem;
            }
        }
    }

    /// <summary>Names may have letters and digits of any script that are not upper case.</summary>
    private static IEnumerable<string> Name(string name, string folder)
    {
        var shown = PlainText.OneLine(name, 80);
        var length = name.EnumerateRunes().Count();
        if (length > SkillRules.MaxNameCharacters)
        {
            yield return $"name has {length} characters; at most {SkillRules.MaxNameCharacters} are allowed";
        }

        if (name.EnumerateRunes().Any(rune => rune != Rune.ToLowerInvariant(rune)) || name.StartsWith('-') || name.EndsWith('-') || name.Contains("--", StringComparison.Ordinal)
            || !name.EnumerateRunes().All(rune => rune.Value == '-' || IsLetterOrNumber(rune)))
        {
            yield return $"name '{shown}' may hold only lower-case letters, digits and single hyphens inside it";
        }
        else if (name != folder)
        {
            yield return $"name '{shown}' must be equal to its folder, '{folder}'";
        }
    }

    private static bool IsLetterOrNumber(Rune rune) =>
        Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Counted as it is read, with the line end that a block scalar keeps.</summary>
    private static SkillProblem? TooLong(FrontMatterEntry field, int most)
    {
        var length = field.Text!.EnumerateRunes().Count();
        return length <= most ? null
            : new(field.Line, string.Create(CultureInfo.InvariantCulture, $"{field.Key} has {length:N0} characters, line ends included; at most {most:N0} are allowed"));
    }

    private static string Kind(FrontMatterEntry field) => field.IsMap ? "a map" : "a list";
}

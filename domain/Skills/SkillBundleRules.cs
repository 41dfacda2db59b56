using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Skills;

/// <summary>Whether a skill with its files can be used as it is; file by file.</summary>
public static partial class SkillBundleRules
{
    /// <summary>Most files beside <c>SKILL.md</c>.</summary>
    public const int MostFiles = 20;

    /// <summary>Longest file, in characters.</summary>
    public const int MostCharacters = 100_000;

    /// <summary>Checks all files.</summary>
    /// <param name="skill">The skill.</param>
    /// <param name="expectedName">Name of its folder, which must be the skill's name.</param>
    /// <returns>What is wrong, each with its file and line; empty where nothing is.</returns>
    public static IReadOnlyList<string> Check(SkillBundle skill, string expectedName) =>
    [
        .. SkillRules.Check(skill.Text, expectedName).Select(problem => problem.ToString()),
        .. skill.Files.Count > MostFiles ? [$"there are {skill.Files.Count} files beside SKILL.md; at most {MostFiles} are kept"] : Array.Empty<string>(),
        .. skill.Files.SelectMany(file => Refusals(file).Concat(Faults(file))),
        .. Missing(skill).Select(path => $"SKILL.md names {path}, which is not among the files: write it below a line '=== {path} ===', or do not name it"),
    ];

    /// <summary>Files that no line of <c>SKILL.md</c> names: nobody would read them.</summary>
    public static IReadOnlyList<string> Unnamed(SkillBundle skill) =>
        [.. skill.Files.Select(file => file.Path).Where(path => !skill.Text.Contains(path, StringComparison.Ordinal))];

    /// <summary>Why a file cannot be kept; nothing where it can.</summary>
    public static IEnumerable<string> Refusals(SkillFile file)
    {
        if (file.Path.Split('/').Any(part => part is "" or "." or ".." || part.StartsWith('.')) || file.Path.Length > 200 || !PlainPath().IsMatch(file.Path))
        {
            yield return $"{PlainText.OneLine(file.Path, 120)}: the path must be plain, below references/, scripts/ or assets/, of letters, digits, '.', '-' and '_'";
        }

        if (string.IsNullOrWhiteSpace(file.Text))
        {
            yield return $"{file.Path}: the file is empty";
        }
        else if (file.Text.Length > MostCharacters)
        {
            yield return $"{file.Path}: the file has {file.Text.Length:N0} characters; at most {MostCharacters:N0} are kept";
        }
        else if (file.Text.Any(c => char.IsControl(c) && c is not ('\n' or '\t')))
        {
            yield return $"{file.Path}: the file has control characters";
        }
    }

    private static IEnumerable<string> Faults(SkillFile file)
    {
        if (file.Path.StartsWith("scripts/", StringComparison.Ordinal) && file.Path.EndsWith(".sh", StringComparison.Ordinal)
            && !string.IsNullOrWhiteSpace(file.Text) && !file.Text.StartsWith("#!", StringComparison.Ordinal))
        {
            yield return $"{file.Path}: a script begins with a line such as '#!/bin/bash'";
        }
    }

    private static IEnumerable<string> Missing(SkillBundle skill) =>
        Reference().Matches(skill.Text).Select(match => match.Value.TrimEnd('.', '/')).Distinct(StringComparer.Ordinal)
            .Where(path => path.Contains('.', StringComparison.Ordinal) && skill.Files.All(file => file.Path != path));

    [GeneratedRegex(@"^(?:references|scripts|assets)(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainPath();

    // With a slash before it, it is a folder of somebody else.
    [GeneratedRegex(@"(?<![\w/.-])references/[\w./-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}

using System.Globalization;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Skills;

/// <summary>
/// Whether a <c>SKILL.md</c> is as we write one: valid by the Agent Skills specification, as narrowly as its strictest readers
/// take it. Front matter in block style with text values, known keys only, a name that is its folder's, and a body.
/// What the specification itself refuses of anyone's skill is in <see cref="SpecificationRules"/>.
/// </summary>
public static partial class SkillRules
{
    public const int MaxNameCharacters = 64;
    public const int MaxDescriptionCharacters = 1_024;
    public const int MaxCompatibilityCharacters = 500;

    /// <summary>The body should have fewer lines than this.</summary>
    public const int BodyLineLimit = 500;

    /// <summary>Whether a text may be a skill's name: 1 to 64 of a-z, 0-9 and single inner hyphens.</summary>
    public static bool IsName(string text) => text.Length <= MaxNameCharacters && NameForm().IsMatch(text);

    /// <summary>Checks a file.</summary>
    /// <param name="text">Text of the file.</param>
    /// <param name="expectedName">Name of its folder, which must be the skill's name.</param>
    /// <returns>Every problem in the order of the lines; empty when the skill is valid.</returns>
    public static IReadOnlyList<SkillProblem> Check(string text, string expectedName)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return [new(1, "the file is empty")];
        }

        if (text[0] == '\uFEFF')
        {
            return [new(1, "the file begins with a byte-order mark; save it without one")];
        }

        var document = SkillDocument.Parse(text);
        if (document.ClosingLine == 0)
        {
            return [SkillDocument.NoFrontMatter(text)];
        }

        var front = SkillFrontMatter.Read(document.FrontMatter);
        List<SkillProblem> problems = [.. front.Problems];

        // After a YAML error a missing key may only be unread.
        if (!front.BrokeOff)
        {
            CheckName(front, expectedName, problems);
            CheckDescription(front, problems);
            CheckOptional(front, problems);
        }

        CheckHyphens(document, problems);
        CheckBody(document, problems);
        return problems.Count == 0 ? SpecificationRules.Check(text, expectedName) : [.. problems.OrderBy(problem => problem.Line)];
    }

    /// <summary>What the specification recommends and does not ask: a body that is read at a glance.</summary>
    /// <returns>Null where there is nothing to say.</returns>
    public static SkillProblem? Advice(string text) => SkillDocument.Parse(text) is { BodyLines: >= BodyLineLimit } document
        ? new(document.BodyLine, $"the body has {document.BodyLines} lines; fewer than {BodyLineLimit} are recommended: move long material to references/")
        : null;

    private static void CheckName(SkillFrontMatter front, string expectedName, List<SkillProblem> problems)
    {
        if (Required(front, "name", problems) is not { } field)
        {
            return;
        }

        var name = field.Value!;
        if (name.Length > MaxNameCharacters)
        {
            problems.Add(new(field.Line, $"name has {name.Length} characters; at most {MaxNameCharacters} are allowed"));
        }
        else if (!IsName(name))
        {
            problems.Add(new(field.Line, $"name '{PlainText.OneLine(name)}' may hold only a-z, 0-9 and single hyphens inside it"));
        }
        else if (name != expectedName)
        {
            problems.Add(new(field.Line, $"name '{name}' must be equal to its folder, '{expectedName}'"));
        }
    }

    private static void CheckDescription(SkillFrontMatter front, List<SkillProblem> problems)
    {
        if (Required(front, "description", problems) is not { } field)
        {
            return;
        }

        Longest(field, MaxDescriptionCharacters, problems);
        if (field.Value!.AsSpan().ContainsAny('<', '>'))
        {
            problems.Add(new(field.Line, "description may not hold '<' or '>'"));
        }
    }

    private static void CheckOptional(SkillFrontMatter front, List<SkillProblem> problems)
    {
        foreach (var field in front.Fields)
        {
            if (field.Key == "metadata" && field.Value is not null)
            {
                problems.Add(new(field.Line, "metadata must be a map: indented lines of key and value"));
            }
            else if (field.Key is "license" or "compatibility" or "allowed-tools")
            {
                NotBlank(field, problems);
                Longest(field, field.Key == "compatibility" ? MaxCompatibilityCharacters : int.MaxValue, problems);
            }
        }
    }

    private static SkillField? Required(SkillFrontMatter front, string key, List<SkillProblem> problems)
    {
        if (front.Fields.FirstOrDefault(field => field.Key == key) is not { } field)
        {
            // A value of a wrong kind was reported already.
            if (!front.Refused.Contains(key))
            {
                problems.Add(new(1, $"'{key}' is missing"));
            }

            return null;
        }

        return NotBlank(field, problems) ? field : null;
    }

    private static bool NotBlank(SkillField field, List<SkillProblem> problems)
    {
        if (field.Value is null)
        {
            problems.Add(new(field.Line, $"{field.Key} must be text, not a map"));
            return false;
        }

        if (string.IsNullOrWhiteSpace(field.Value))
        {
            problems.Add(new(field.Line, $"{field.Key} is empty"));
            return false;
        }

        return true;
    }

    private static void Longest(SkillField field, int most, List<SkillProblem> problems)
    {
        // Readers in other languages count code points, not UTF-16 units.
        var length = (field.Value ?? "").EnumerateRunes().Count();
        if (length > most)
        {
            problems.Add(new(field.Line, string.Create(
                CultureInfo.InvariantCulture, $"{field.Key} has {length:N0} characters; at most {most:N0} are allowed")));
        }
    }

    /// <summary>Some readers take three hyphens anywhere for the end of the front matter.</summary>
    private static void CheckHyphens(SkillDocument document, List<SkillProblem> problems)
    {
        var lines = document.FrontMatter.Split('\n');
        var at = Array.FindIndex(lines, line => line.Contains("---", StringComparison.Ordinal));
        if (at >= 0)
        {
            problems.Add(new(at + 2, "'---' within a line of the front matter ends it for some readers; write it another way"));
        }
    }

    private static void CheckBody(SkillDocument document, List<SkillProblem> problems)
    {
        if (document.BodyLines == 0)
        {
            problems.Add(new(document.BodyLine, "the body is empty; write the instructions below the front matter"));
        }
    }

    [GeneratedRegex(@"\A[a-z0-9]+(?:-[a-z0-9]+)*\z")]
    private static partial Regex NameForm();
}

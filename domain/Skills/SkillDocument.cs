using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Skills;

/// <summary>The two parts of a <c>SKILL.md</c>: YAML between two lines <c>---</c>, and a body in Markdown.</summary>
/// <param name="FrontMatter">The YAML; empty where there is none.</param>
/// <param name="Body">What follows, blank lines around it taken off.</param>
/// <param name="BodyLine">Line of the file on which the body begins, from 1.</param>
/// <param name="ClosingLine">Line of the <c>---</c> that ends the front matter; 0 where it is never ended or begun.</param>
public sealed record SkillDocument(string FrontMatter, string Body, int BodyLine, int ClosingLine)
{
    public const string FileName = "SKILL.md";

    /// <summary>Names by which readers take the file, the first that exists.</summary>
    public static readonly IReadOnlyList<string> FileNames = [FileName, "skill.md"];

    private const string Mark = "---";

    /// <summary>Lines of the body.</summary>
    public int BodyLines => Body.Length == 0 ? 0 : Body.Count(c => c == '\n') + 1;

    /// <summary>Splits a file. A file without front matter is all body.</summary>
    public static SkillDocument Parse(string text)
    {
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        var closing = lines[0].TrimEnd() == Mark ? Array.FindIndex(lines, 1, line => line.TrimEnd() == Mark) : -1;
        var first = Array.FindIndex(lines, closing + 1, line => line.Trim().Length > 0);
        var last = Array.FindLastIndex(lines, line => line.Trim().Length > 0);
        return new SkillDocument(
            closing < 0 ? "" : string.Join('\n', lines[1..closing]),
            first < 0 ? "" : string.Join('\n', lines[first..(last + 1)]),
            first < 0 ? closing + 2 : first + 1,
            closing + 1);
    }

    /// <summary>What is wrong with a file that has no front matter, or none that ends.</summary>
    internal static SkillProblem NoFrontMatter(string text)
    {
        var first = text.Split('\n', 2)[0].TrimEnd();
        return first == Mark
            ? new(1, "the front matter is never closed; end it with a line '---'")
            : new(1, $"the file must begin with a line '---' and YAML front matter; it begins with '{PlainText.OneLine(first, 60)}'");
    }

    /// <summary>
    /// The file in a model's reply: without the code fences and reasoning tags around it, and with one line end at its end.
    /// Nothing else is changed; <see cref="SkillRules"/> reports problems inside.
    /// </summary>
    /// <returns>The file's text; empty when the reply holds none.</returns>
    public static string FromReply(string? reply)
    {
        var text = ReplyText.Strip(reply, line => line == Mark);
        return text.Length == 0 ? "" : text + "\n";
    }
}

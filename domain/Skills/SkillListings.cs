namespace Spark.Temporal.Domain.Skills;

/// <summary>What an agent sees of a skill before it reads it.</summary>
public static class SkillListings
{
    /// <summary>Lists a skill. If its front matter is only partly valid, the readable part is used.</summary>
    /// <param name="folder">Name of its folder.</param>
    /// <param name="text">Text of its <c>SKILL.md</c>.</param>
    /// <param name="path">Absolute path of that file in the container.</param>
    public static SkillListing Of(string folder, string text, string path)
    {
        var document = SkillDocument.Parse(text.TrimStart('\uFEFF'));
        var fields = document.FrontMatter.Length == 0 ? [] : SkillFrontMatter.Read(document.FrontMatter).Fields;
        var description = fields.FirstOrDefault(field => field.Key == "description")?.Value;
        return new SkillListing(
            folder,
            string.IsNullOrWhiteSpace(description) ? FirstWords(document.Body) : description,
            path);
    }

    private static string FirstWords(string body) =>
        body.Split('\n').Select(line => line.Trim().TrimStart('#').Trim()).FirstOrDefault(line => line.Length > 0) ?? "";
}

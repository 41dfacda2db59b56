namespace Spark.Temporal.Domain.Texts;

/// <summary>Putting foreign text into a prompt so that it cannot be taken for part of it.</summary>
public static class Markdown
{
    /// <summary>The text in a code fence longer than any inside it; a remark in its place when there is none.</summary>
    public static string Fence(string? text, string whenEmpty = "(none)")
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return whenEmpty;
        }

        var fence = "```";
        while (text.Contains(fence, StringComparison.Ordinal))
        {
            fence += "`";
        }

        return $"{fence}\n{text.Trim('\r', '\n')}\n{fence}";
    }

    public static string Bullets(IEnumerable<string> lines) => string.Join('\n', lines.Select(line => $"- {line}"));
}

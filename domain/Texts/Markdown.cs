namespace Spark.Temporal.Domain.Texts;

/// <summary>Putting foreign text into a prompt so that it cannot be taken for part of it.</summary>
public static class Markdown
{
    /// <summary>The text in a code fence longer than any inside it; a remark in its place when there is none.</summary>
    public static string Fence(string? text, string whenEmpty = "(none)") =>
        string.IsNullOrWhiteSpace(text) ? whenEmpty : Quoting.Fenced(text.Trim('\r', '\n'));

    public static string Bullets(IEnumerable<string> lines) => string.Join('\n', lines.Select(line => $"- {line}"));
}

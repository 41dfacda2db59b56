namespace Spark.Temporal.Workflows.Running;

/// <summary>Text of others inside the Markdown that the web UI shows of a run.</summary>
internal static class DetailsText
{
    /// <summary>
    /// Agents write this text; it must not become markup. Nor must amounts: between two dollar signs the web UI reads
    /// mathematics.
    /// </summary>
    public static string Escape(string text) =>
        text.Replace("\\", "\\\\").Replace("`", "\\`").Replace("*", "\\*").Replace("_", "\\_").Replace("<", "\\<").Replace("[", "\\[").Replace("|", "\\|").Replace("$", "\\$");
}

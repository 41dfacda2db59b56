using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Prices;

/// <summary>
/// The same model has many names: <c>openai/gpt-5</c>, <c>gpt-5-2025-08-07</c>, <c>anthropic.claude-sonnet-4-5-20250929-v1:0</c>,
/// <c>anthropic/claude-sonnet-4.5</c>. What remains after prefixes and dates must be equal: <c>gpt-5-mini</c> is not <c>gpt-5</c>.
/// </summary>
public static partial class ModelNames
{
    /// <summary>Names under which a model may be listed, the most exact first.</summary>
    public static IEnumerable<string> Of(string name)
    {
        var exact = Bare(name);
        yield return exact;
        var undated = Ending().Replace(exact, "");
        if (undated != exact)
        {
            yield return undated;
        }
    }

    /// <summary>A listed name as it is compared.</summary>
    public static string Bare(string name)
    {
        var text = name.Trim().ToLowerInvariant();
        text = text[(text.LastIndexOf('/') + 1)..];
        text = BedrockEnding().Replace(BedrockStart().Replace(text, ""), "");

        // Some write claude-sonnet-4.5, others claude-sonnet-4-5.
        return Dot().Replace(text, "-");
    }

    [GeneratedRegex(@"[-@](\d{8}|\d{4}-\d{2}-\d{2}|latest)$", RegexOptions.CultureInvariant)]
    private static partial Regex Ending();

    [GeneratedRegex(@"^((us|eu|apac|jp|au|global)\.)?(anthropic|openai|deepseek|mistral|qwen|moonshotai|moonshot|zai)\.", RegexOptions.CultureInvariant)]
    private static partial Regex BedrockStart();

    [GeneratedRegex(@"-v\d+(:\d+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex BedrockEnding();

    [GeneratedRegex(@"(?<=\d)\.(?=\d)", RegexOptions.CultureInvariant)]
    private static partial Regex Dot();
}

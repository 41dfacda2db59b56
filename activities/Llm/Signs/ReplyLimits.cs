using System.Globalization;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Activities.Llm.Signs;

/// <summary>Reads the most tokens that a model writes, or that can be paid for, out of a refusal.</summary>
internal static partial class ReplyLimits
{
    /// <summary>The highest limit that the model takes; null where the text names none.</summary>
    public static int? Highest(int status, string text)
    {
        if (status is not (400 or 422))
        {
            return null;
        }

        // Gemini's range is open at its end.
        return Number(Open().Match(text)) is { } end ? end - 1 : Number(Closed().Match(text));
    }

    /// <summary>What the credit that is left pays for; null where the text names no number.</summary>
    public static int? Affordable(int status, string text) => status == 402 ? Number(Afford().Match(text)) : null;

    private static int? Number(Match match) => match.Success
        && int.TryParse(match.Groups["n"].Value.Replace(",", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number > 0 ? number : null;

    [GeneratedRegex(@"range[^{}]{0,60}\(inclusive\) to (?<n>\d[\d,]*) \(exclusive\)", RegexOptions.IgnoreCase)]
    private static partial Regex Open();

    [GeneratedRegex(
        @"range of `?max_(completion_|output_|new_)?tokens`?[^{}]{0,20}\[ ?\d+, ?(?<n>\d[\d,]*) ?\]"
        + @"|max_(completion_|output_)?tokens: \d[\d,]* > (?<n>\d[\d,]*), which is the maximum"
        + @"|max_\w*tokens[^{}]{0,40}too large[^{}]{0,60}supports at most (?<n>\d[\d,]*) (completion|output) tokens"
        + @"|max_(completion_|output_|new_)?tokens`?['""]?[^{}]{0,30}(less than or equal to|at most|<=|cannot exceed|must not exceed|maximum (value )?(is|of)) ?`?(?<n>\d[\d,]*)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Closed();

    [GeneratedRegex(@"can only afford (?<n>\d[\d,]*)", RegexOptions.IgnoreCase)]
    private static partial Regex Afford();
}

using System.Text.RegularExpressions;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Texts of settings in which <c>{env:NAME}</c> stands for an environment variable.</summary>
internal static partial class EnvironmentText
{
    /// <summary>Names of the variables in a text.</summary>
    public static IEnumerable<string> Variables(string text) => Reference().Matches(text).Select(match => match.Groups["name"].Value);

    /// <summary>Whether all that looks like a variable is one.</summary>
    public static bool IsWellFormed(string text) => !Reference().Replace(text, "").Contains("{env", StringComparison.OrdinalIgnoreCase);

    /// <summary>The text with the variables' values; null where one of them is not set.</summary>
    public static string? Filled(string text) => Variables(text).All(name => Value(name) is not null)
        ? Reference().Replace(text, match => Value(match.Groups["name"].Value)!) : null;

    /// <summary>A variable's value, null where it is empty or not set.</summary>
    public static string? Value(string name) => Environment.GetEnvironmentVariable(name)?.Trim() is { Length: > 0 } value ? value : null;

    [GeneratedRegex(@"\{env:(?<name>[A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex Reference();
}

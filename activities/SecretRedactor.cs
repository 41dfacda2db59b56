using System.Text.RegularExpressions;

namespace Spark.Temporal.Activities;

/// <summary>
/// Takes keys out of text before it reaches a message, a log, an exception or an artifact. It knows the values of the
/// environment variables it was told of, and the usual look of a bearer token.
/// </summary>
/// <param name="variables">Names of environment variables that hold secrets; their values are read at each use.</param>
public sealed partial class SecretRedactor(IEnumerable<string> variables)
{
    public const string Mark = "[redacted]";

    private readonly string[] _variables = [.. variables.Distinct()];

    /// <summary>The text without secrets.</summary>
    public string Redact(string text)
    {
        foreach (var value in Values())
        {
            text = text.Replace(value, Mark, StringComparison.Ordinal);
        }

        return TokenPattern().Replace(text, Mark);
    }

    /// <summary>The text without the known values only: for what must otherwise stay as it was said.</summary>
    public string RedactKnown(string text) =>
        Values().Aggregate(text, (current, value) => current.Replace(value, Mark, StringComparison.Ordinal));

    // Longest first, so that a key that begins with another one is taken out whole. Very short values would tear up
    // ordinary text and are no keys.
    private IEnumerable<string> Values() => _variables
        .Select(Environment.GetEnvironmentVariable)
        .OfType<string>()
        .Select(value => value.Trim())
        .Where(value => value.Length >= 6)
        .OrderByDescending(value => value.Length);

    // Providers quote a wrong key back, its middle replaced by stars.
    [GeneratedRegex(@"\bsk-[A-Za-z0-9_*.-]{6,}|(?<=\bBearer\s+)[A-Za-z0-9_~+/=.-]{8,}")]
    private static partial Regex TokenPattern();
}

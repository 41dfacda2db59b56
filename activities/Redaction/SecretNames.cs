using System.Text.RegularExpressions;

namespace Spark.Temporal.Activities.Redaction;

/// <summary>Which variables and settings hold secrets, by their names and what they hold.</summary>
internal static partial class SecretNames
{
    /// <summary>Shorter values are not keys, and masking them would break ordinary text.</summary>
    public const int ShortestValue = 8;

    public static bool IsSecret(string name, string? value) =>
        value is not null && value.Trim().Length >= ShortestValue && NamePattern().IsMatch(name) && !OtherwisePattern().IsMatch(name) && !IsPlace(value.Trim());

    // A name like SSH_KEY often tells where a key is. The place is not a secret, and appears in many messages.
    private static bool IsPlace(string value) => Path.IsPathRooted(value) && Path.Exists(value);

    [GeneratedRegex("KEY|TOKEN|SECRET|PASSWORD", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    // Names that contain such a word but hold no secret: KeyVariable, MaxTokensField, SPARK_ENCRYPTION_KEYS (a file).
    [GeneratedRegex("(VARIABLE|FIELD|FILE|PATH|ENCRYPTION_?KEYS)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OtherwisePattern();
}

using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Skills;

/// <summary>Which unquoted YAML scalars are text.</summary>
public static partial class YamlScalars
{
    /// <summary>
    /// Whether an unquoted scalar is text to every reader. YAML 1.1 and 1.2 differ in what else they see in one (nothing,
    /// a truth value, a number, a time): text is only what is text to both.
    /// </summary>
    public static bool IsText(string plain) => !Other().IsMatch(plain);

    [GeneratedRegex(
        @"^(?:|~|null|true|false|yes|no|on|off|y|n"
        + @"|[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-f_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*)?(?:e[-+]?[0-9]+)?|\.[0-9][0-9_]*(?:e[-+]?[0-9]+)?|\.inf)|\.nan"
        + @"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:t|\s+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?\s*(?:z|[-+][0-9]{1,2}(?::?[0-9]{2})?)?)?|=|<<)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Other();
}

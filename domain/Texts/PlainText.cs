using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Texts;

/// <summary>Small rules about text that several places share.</summary>
public static partial class PlainText
{
    /// <summary>Most characters of a slug.</summary>
    private const int SlugCharacters = 64;

    /// <summary>Characters of the hash in the slug of a name that is not ASCII.</summary>
    private const int SlugHash = 8;

    /// <summary>
    /// A name for workflow ids, image tags and skills: lower-case ASCII letters, digits and single inner hyphens, at most 64
    /// characters. A name with other letters than ASCII has a short hash of the whole name at its end, since two such names
    /// would else be one. ASCII text without any letter or digit becomes <c>task</c>.
    /// </summary>
    public static string Slug(string name)
    {
        if (name.All(char.IsAscii))
        {
            return Stem(name, SlugCharacters) is { Length: > 0 } plain ? plain : "task";
        }

        var stem = Stem(name, SlugCharacters - SlugHash - 1);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..SlugHash];
        return $"{(stem.Length > 0 ? stem : "task")}-{hash}";
    }

    private static string Stem(string name, int most)
    {
        var slug = new StringBuilder();
        foreach (var c in name.ToLowerInvariant())
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
            {
                slug.Append(c);
            }
            else if (slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }

            if (slug.Length == most)
            {
                break;
            }
        }

        return slug.ToString().TrimEnd('-');
    }

    /// <summary>The text on one line, control characters removed, cut to a length with an ellipsis.</summary>
    public static string OneLine(string text, int characters = 80)
    {
        var line = new StringBuilder();
        foreach (var c in text)
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c))
            {
                if (line.Length > 0 && line[^1] != ' ')
                {
                    line.Append(' ');
                }
            }
            else
            {
                line.Append(c);
            }

            if (line.Length > characters)
            {
                break;
            }
        }

        var result = line.ToString().TrimEnd();
        if (result.Length <= characters)
        {
            return result;
        }

        // A pair of surrogates is one character: it is not cut in half.
        var cut = characters - 1;
        return result[..(char.IsHighSurrogate(result[cut - 1]) ? cut - 1 : cut)] + "…";
    }

    /// <summary>
    /// The text without what a terminal would act on: escape sequences and control characters other than line ends and tabs.
    /// Builders, agents and tests write such text; it must not move the reader's cursor.
    /// </summary>
    public static string Printable(string text) =>
        new([.. EscapeSequence().Replace(text, "").Where(c => c is '\n' or '\t' || !char.IsControl(c))]);

    /// <summary>The last characters of a text, cut at the start of a line where one is near.</summary>
    public static string TailAtLineStart(string text, int characters)
    {
        if (text.Length <= characters)
        {
            return text;
        }

        var tail = text[^characters..];
        if (text[^(characters + 1)] == '\n')
        {
            return tail;
        }

        var line = tail.IndexOf('\n', StringComparison.Ordinal);
        return line < 0 ? tail : tail[(line + 1)..];
    }

    /// <summary>A name in the code as words: <c>TaskBroken</c> is <c>task broken</c>.</summary>
    public static string Words(Enum value) => string.Concat(value.ToString().Select((letter, index) =>
        !char.IsUpper(letter) ? $"{letter}" : $"{(index > 0 ? " " : "")}{char.ToLowerInvariant(letter)}"));

    /// <summary>A dollar amount with enough decimals to differ from zero.</summary>
    public static string Usd(double amount) =>
        amount.ToString(amount is > 0 and < 0.01 ? "$0.0000" : "$0.00", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\x1B(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1B]*(\x07|\x1B\\)|[@-Z\\-_])", RegexOptions.CultureInvariant)]
    private static partial Regex EscapeSequence();
}

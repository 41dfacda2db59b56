using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Texts;

/// <summary>Small rules about text that several places share.</summary>
public static partial class PlainText
{
    /// <summary>
    /// A name for workflow ids, image tags and skills: lower-case ASCII letters, digits and single inner hyphens, at most 64
    /// characters. Text without any such character becomes <c>task</c>.
    /// </summary>
    public static string Slug(string name)
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

            if (slug.Length == 64)
            {
                break;
            }
        }

        var result = slug.ToString().TrimEnd('-');
        return result.Length > 0 ? result : "task";
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

using System.Globalization;
using System.Text;

namespace Spark.Temporal.Domain.Texts;

/// <summary>
/// The words of a text: maximal runs of letters, numbers (Unicode's Nd, Nl and No) and underscores, in lower case. Code
/// points count, not halves of surrogate pairs. <c>\w</c> is not used, because it leaves out No and includes marks.
/// </summary>
public static class Tokens
{
    /// <summary>Every word in its order, repeated as often as it occurs.</summary>
    public static IReadOnlyList<string> Of(string text)
    {
        List<string> tokens = [];
        var start = -1;
        for (var at = 0; at < text.Length;)
        {
            var (isWord, length) = Look(text, at);
            if (isWord)
            {
                start = start < 0 ? at : start;
            }
            else if (start >= 0)
            {
                tokens.Add(text[start..at].ToLowerInvariant());
                start = -1;
            }

            at += length;
        }

        if (start >= 0)
        {
            tokens.Add(text[start..].ToLowerInvariant());
        }

        return tokens;
    }

    /// <summary>The distinct words.</summary>
    public static HashSet<string> SetOf(string text) => new(Of(text), StringComparer.Ordinal);

    private static (bool IsWord, int Length) Look(string text, int at)
    {
        var c = text[at];
        if (char.IsAscii(c))
        {
            return (char.IsAsciiLetterOrDigit(c) || c == '_', 1);
        }

        // Half a surrogate pair has no category of its own and separates words.
        return Rune.TryGetRuneAt(text, at, out var rune) ? (IsWord(rune), rune.Utf16SequenceLength) : (false, 1);
    }

    private static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
}

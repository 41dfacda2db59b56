using System.Text;

namespace Spark.Temporal.Domain.Texts;

/// <summary>How text of others is quoted so that it stays text.</summary>
public static class Quoting
{
    /// <summary>The text between fences that are longer than any run of backticks in it.</summary>
    public static string Fenced(string text)
    {
        var fence = new string('`', Fence(text));
        return $"{fence}\n{text}\n{fence}";
    }

    public static int FencedLength(string text) => text.Length + (2 * Fence(text)) + 2;

    /// <summary>Without control characters and carriage returns, trimmed at its end, lines of blanks folded into one.</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(Math.Min(text.Length, 65_536));
        var newLines = 0;
        foreach (var c in text)
        {
            if (c == '\n')
            {
                newLines++;
                if (newLines <= 2)
                {
                    clean.Append(c);
                }
            }
            else if (c == '\t' || !char.IsControl(c))
            {
                newLines = 0;
                clean.Append(c);
            }
        }

        return clean.ToString().Trim('\n').TrimEnd();
    }

    /// <summary>The head and the tail of a longer text, with the number of characters between them.</summary>
    public static string HeadAndTail(string text, int characters)
    {
        const int NoteCharacters = 40;
        if (text.Length <= characters)
        {
            return text;
        }

        var room = Math.Max(0, characters - NoteCharacters);
        var head = Whole(text, room * 2 / 3);
        var tail = text.Length - (room - (room * 2 / 3));
        if (tail < text.Length && char.IsLowSurrogate(text[tail]))
        {
            tail++;
        }

        return $"{text[..head]}\n[… {tail - head} characters …]\n{text[tail..]}";
    }

    /// <summary>One line of at most so many characters.</summary>
    public static string Line(string text, int characters) => PlainText.OneLine(text, characters);

    // A pair of surrogates is not cut in half.
    private static int Whole(string text, int length) => length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length;

    private static int Fence(string text)
    {
        int longest = 2, run = 0;
        foreach (var c in text)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest + 1;
    }
}

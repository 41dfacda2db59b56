using System.Text;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>
/// Text of agents, models and containers in a form that is safe to show: characters that steer a terminal or turn the
/// direction of reading become visible signs. It is not escaped: the page writes text nodes only, so none of it becomes markup.
/// </summary>
internal static class VisibleText
{
    /// <summary>Replaces every invisible character that has an effect; keeps line ends and tabs.</summary>
    /// <param name="text">Anything.</param>
    /// <param name="characters">Most characters; longer text is cut, and says so.</param>
    public static string Of(string text, int characters = int.MaxValue)
    {
        var visible = new StringBuilder(Math.Min(text.Length, characters));
        foreach (var rune in text.EnumerateRunes())
        {
            if (visible.Length >= characters)
            {
                return visible.Append($"\n… {text.Length:N0} characters in all").ToString();
            }

            visible.Append(rune.Value switch
            {
                '\r' => "",
                '\n' or '\t' => rune.ToString(),

                // In words, because many fonts lack Unicode's signs for them.
                0x1b => "⟨ESC⟩",
                < ' ' or (>= 0x7f and <= 0x9f) or Mark.ArabicLetter or (>= 0x200e and <= 0x200f) or (>= 0x202a and <= 0x202e) or (>= 0x2066 and <= 0x2069) or Mark.SoftHyphen
                    or Mark.ZeroWidthSpace or (>= 0x2028 and <= 0x2029) or (>= 0x2060 and <= 0x2064) or Mark.ByteOrder or (>= 0xe0000 and <= 0xe007f)
                    => $"⟨U+{rune.Value:X4}⟩",
                _ => rune.ToString(),
            });
        }

        return visible.ToString();
    }

    /// <summary>Single characters without a width of their own; joiners are left, since letters and signs are made with them.</summary>
    private static class Mark
    {
        public const int SoftHyphen = 0xad;
        public const int ArabicLetter = 0x61c;
        public const int ZeroWidthSpace = 0x200b;
        public const int ByteOrder = 0xfeff;
    }
}

using System.Text;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>
/// Text of agents, models and containers as it may be shown: what would steer a terminal, or turn the direction of
/// reading, stands there as a visible sign. That it becomes no markup is the page's duty, which writes text nodes only.
/// </summary>
internal static class VisibleText
{
    /// <summary>Replaces every character that is not seen but does something; keeps line ends and tabs.</summary>
    /// <param name="text">Anything.</param>
    /// <param name="characters">Cut after so many, and say so.</param>
    public static string Of(string text, int characters = int.MaxValue)
    {
        var visible = new StringBuilder(Math.Min(text.Length, characters));
        foreach (var c in text)
        {
            if (visible.Length >= characters)
            {
                return visible.Append($"\n… {text.Length:N0} characters in all").ToString();
            }

            visible.Append(c switch
            {
                '\r' => "",
                '\n' or '\t' => c.ToString(),

                // In words: the signs that Unicode has for them are missing in many fonts.
                '\u001b' => "⟨ESC⟩",
                < ' ' or (>= '\u007f' and <= '\u009f') or '\u200e' or '\u200f' or '\u061c' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069')
                    => $"⟨U+{(int)c:X4}⟩",
                _ => c.ToString(),
            });
        }

        return visible.ToString();
    }
}

using System.Text;
using System.Text.Encodings.Web;

namespace Spark.Temporal.Activities.Redaction;

/// <summary>How a value looks in text: as it is, escaped in JSON or a URL, and inside base64.</summary>
internal static class SecretForms
{
    /// <summary>Shorter pieces of base64 would match by chance.</summary>
    private const int ShortestBase64 = 8;

    public static IEnumerable<byte[]> Of(string value)
    {
        var plain = Encoding.UTF8.GetBytes(value);
        yield return plain;
        foreach (var escaped in new[]
        {
            JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value),
            JavaScriptEncoder.Default.Encode(value),
            Uri.EscapeDataString(value),
            Lower(Uri.EscapeDataString(value)),
            Uri.EscapeDataString(value).Replace("%20", "+", StringComparison.Ordinal),
        })
        {
            yield return Encoding.UTF8.GetBytes(escaped);
        }

        for (var before = 0; before < 3; before++)
        {
            var inside = Inside(plain, before);
            if (inside.Length >= ShortestBase64)
            {
                yield return Encoding.ASCII.GetBytes(inside);
                yield return Encoding.ASCII.GetBytes(inside.Replace('+', '-').Replace('/', '_'));
            }
        }
    }

    /// <summary>
    /// The base64 letters that depend on the value alone when it is part of a longer text, with this many bytes before it in its
    /// group of three. Letters that it shares with its neighbours are left out.
    /// </summary>
    private static string Inside(byte[] value, int before)
    {
        var letters = Convert.ToBase64String([.. new byte[before], .. value]).TrimEnd('=');
        var first = before switch { 0 => 0, 1 => 2, _ => 3 };
        var last = (before + value.Length) * 8 / 6;
        return letters[first..last];
    }

    private static string Lower(string escaped)
    {
        var text = new StringBuilder(escaped);
        for (var place = 0; place < text.Length; place++)
        {
            if (text[place] == '%')
            {
                text[place + 1] = char.ToLowerInvariant(text[place + 1]);
                text[place + 2] = char.ToLowerInvariant(text[place + 2]);
            }
        }

        return text.ToString();
    }
}

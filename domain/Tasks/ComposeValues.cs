using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>Spellings of values in a compose file.</summary>
public static class ComposeValues
{
    /// <summary>A scalar as text; null for none.</summary>
    public static string? Text(JsonNode? node) => node is JsonValue value && value.ToString() is { Length: > 0 } text ? text : null;

    /// <summary>One text or a list of them.</summary>
    public static IReadOnlyList<string> Texts(JsonNode? node) => node switch
    {
        JsonValue value => [value.ToString()],
        JsonArray list => [.. list.OfType<JsonValue>().Select(item => item.ToString())],
        _ => [],
    };

    /// <summary>Pairs, which may be a table or a list of assignments. A name alone means the host's variable.</summary>
    public static IReadOnlyDictionary<string, string> Pairs(JsonNode? node)
    {
        var pairs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (node is JsonObject table)
        {
            foreach (var (name, value) in table)
            {
                pairs[name] = value is null ? $"${{{name}:-}}" : value.ToString();
            }
        }

        foreach (var text in node is JsonArray ? Texts(node) : [])
        {
            var split = text.IndexOf('=', StringComparison.Ordinal);
            pairs[split < 0 ? text : text[..split]] = split < 0 ? $"${{{text}:-}}" : text[(split + 1)..];
        }

        return pairs;
    }

    /// <summary>A command: a list as it is, a text by its words.</summary>
    public static IReadOnlyList<string>? Command(JsonNode? node) => node switch
    {
        JsonArray => Texts(node),
        JsonValue value => Words(value.ToString()),
        _ => null,
    };

    /// <summary>Bytes of a size such as <c>2g</c>, <c>512mb</c> or a number of bytes; null where it is none.</summary>
    public static double? Bytes(string text)
    {
        var number = text.Trim().ToLowerInvariant().TrimEnd('b').TrimEnd('i');
        var factor = number.Length == 0 ? 1 : number[^1] switch { 'k' => 1024.0, 'm' => 1024 * 1024, 'g' => 1024.0 * 1024 * 1024, 't' => 1024.0 * 1024 * 1024 * 1024, _ => 1 };
        return Number(factor > 1 ? number[..^1] : number) * factor;
    }

    /// <summary>A positive number; null for anything else.</summary>
    public static double? Number(string text) =>
        double.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 0 && double.IsFinite(number) ? number : null;

    /// <summary>Seconds of a time such as <c>1m30s</c> or <c>500ms</c>; null where it is none.</summary>
    public static double? Seconds(string text)
    {
        double seconds = 0;
        for (var i = 0; i < text.Length;)
        {
            var unit = i;
            while (unit < text.Length && (char.IsAsciiDigit(text[unit]) || text[unit] == '.'))
            {
                unit++;
            }

            var end = unit;
            while (end < text.Length && char.IsAsciiLetter(text[end]))
            {
                end++;
            }

            double? factor = text[unit..end] switch { "h" => 3600, "m" => 60, "s" => 1, "ms" => 0.001, "us" => 0.000_001, _ => null };
            if (factor is null || !double.TryParse(text.AsSpan(i, unit - i), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            seconds += number * factor.Value;
            i = end;
        }

        return text.Length > 0 ? seconds : null;
    }

    /// <summary>Words of a command line, with the quotes of a shell.</summary>
    private static List<string> Words(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var (quote, any) = (' ', false);
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (c == '\\' && quote != '\'' && i + 1 < line.Length)
            {
                word.Append(line[++i]);
                any = true;
            }
            else if (quote != ' ' ? c == quote : c is '\'' or '"')
            {
                (quote, any) = (quote == ' ' ? c : ' ', true);
            }
            else if (quote == ' ' && char.IsWhiteSpace(c))
            {
                Finish();
            }
            else
            {
                word.Append(c);
                any = true;
            }
        }

        Finish();
        return words;

        void Finish()
        {
            if (any)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            any = false;
        }
    }
}

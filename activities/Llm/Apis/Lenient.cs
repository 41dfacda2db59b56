using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>Reads JSON as endpoints write it: what is missing or of another kind is nothing, and no text makes it throw.</summary>
internal static class Lenient
{
    /// <summary>A field that is an object; null otherwise.</summary>
    public static JsonElement? Object(JsonElement parent, string name) => Field(parent, name) is { ValueKind: JsonValueKind.Object } value ? value : null;

    /// <summary>The items of a field that is a list; nothing otherwise.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement parent, string name) =>
        Field(parent, name) is { ValueKind: JsonValueKind.Array } value ? value.EnumerateArray() : [];

    /// <summary>A field that is a text; null otherwise.</summary>
    public static string? String(JsonElement parent, string name) =>
        Field(parent, name) is { ValueKind: JsonValueKind.String } value ? WellFormed(Text(value)) : null;

    /// <summary>A field that is there and not null.</summary>
    public static JsonElement? Field(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A field that is a whole number, also when it is written as a text or a fraction.</summary>
    public static int? Number(JsonElement parent, string name) => Field(parent, name) switch
    {
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out var number) => (int)Math.Clamp(number, int.MinValue, int.MaxValue),
        { ValueKind: JsonValueKind.String } value when int.TryParse(Text(value), CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    /// <summary>A text as its UTF-16 units, half characters among them: the other half may come with the next event of a stream.</summary>
    public static string Text(JsonElement text)
    {
        try
        {
            return text.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            return Unescaped(text.GetRawText().AsSpan()[1..^1]);
        }
    }

    /// <summary>The text with U+FFFD for each half of a character that stands alone.</summary>
    public static string WellFormed(string text)
    {
        char[]? mended = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                (mended ??= text.ToCharArray())[i] = '\uFFFD';
            }
        }

        return mended is null ? text : new string(mended);
    }

    /// <summary>JSON text with <c>\ufffd</c> for each escaped half of a character that stands alone: most readers refuse the whole text over one.</summary>
    public static string Mended(string json)
    {
        StringBuilder? mended = null;
        for (var i = 0; i + 1 < json.Length; i++)
        {
            if (json[i] != '\\')
            {
                continue;
            }

            if (Unit(json, i) is { } unit && char.IsSurrogate(unit))
            {
                if (char.IsHighSurrogate(unit) && Unit(json, i + 6) is { } next && char.IsLowSurrogate(next))
                {
                    i += 11;
                    continue;
                }

                (mended ??= new StringBuilder(json)).Remove(i, 6).Insert(i, "\\ufffd");
                i += 5;
                continue;
            }

            i++;
        }

        return mended?.ToString() ?? json;
    }

    // The four digits after \u at a place; null where there is no such escape.
    private static char? Unit(ReadOnlySpan<char> json, int at) =>
        at + 6 <= json.Length && json[at] == '\\' && json[at + 1] == 'u'
        && ushort.TryParse(json.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit) ? (char)unit : null;

    private static string Unescaped(ReadOnlySpan<char> json)
    {
        var text = new StringBuilder(json.Length);
        for (var i = 0; i < json.Length; i++)
        {
            if (json[i] != '\\')
            {
                text.Append(json[i]);
            }
            else if (Unit(json, i) is { } unit)
            {
                text.Append(unit);
                i += 5;
            }
            else
            {
                text.Append(json[++i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var other => other });
            }
        }

        return text.ToString();
    }
}

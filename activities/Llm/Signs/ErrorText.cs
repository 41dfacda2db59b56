using System.Text;
using System.Text.Json;

namespace Spark.Temporal.Activities.Llm.Signs;

/// <summary>
/// An error body as text to look for signs in: JSON without escapes, also where it is a text inside JSON, and without what it repeats of the
/// request. A conversation about billing must not look like an unpaid bill.
/// </summary>
internal static class ErrorText
{
    /// <summary>Characters that are read; error bodies are short.</summary>
    private const int Most = 20_000;

    private const int Deepest = 16;

    /// <summary>Longest value of a repeated field that can be the provider's own word.</summary>
    private const int OwnWord = 60;

    private static readonly HashSet<string> Repeated = new(StringComparer.OrdinalIgnoreCase) { "input", "messages", "prompt", "failed_generation", "ctx" };

    /// <summary>The text; the body itself, on one line, where it is no JSON.</summary>
    public static string Of(string body)
    {
        var text = new StringBuilder();
        if (Json(body) is not { } root)
        {
            return Flat(body.Length <= Most ? body : body[..Most]);
        }

        Write(text, root, Deepest);
        return text.Length <= Most ? text.ToString() : text.ToString(0, Most);
    }

    /// <summary>The JSON of a text; null where it is none.</summary>
    public static JsonElement? Json(string text)
    {
        if (text.AsSpan().TrimStart() is not ['{' or '[', ..])
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Write(StringBuilder text, JsonElement value, int depth)
    {
        if (depth == 0 || text.Length > Most)
        {
            return;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (var property in value.EnumerateObject())
                {
                    text.Append('"').Append(property.Name).Append("\":");
                    if (!Repeated.Contains(property.Name) || property.Value is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Array) } and var own && own.ToString().Length <= OwnWord)
                    {
                        Write(text, property.Value, depth - 1);
                    }

                    text.Append(", ");
                }

                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (var item in value.EnumerateArray())
                {
                    Write(text, item, depth - 1);
                    text.Append(", ");
                }

                text.Append(']');
                break;
            case JsonValueKind.String when Json(value.GetString()!) is { } inner:
                Write(text, inner, depth - 1);
                break;
            case JsonValueKind.String:
                text.Append('"').Append(Flat(value.GetString()!)).Append('"');
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static string Flat(string text) => text.ReplaceLineEndings(" ");
}

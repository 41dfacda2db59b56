using System.Text.Json;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>What a provider says in an error reply.</summary>
internal static partial class ProviderWords
{
    private const int Characters = 600;

    /// <summary>As for a body; of a web page only its title.</summary>
    public static string From(ChatHttpReply reply)
    {
        if (!reply.IsPage)
        {
            return From(reply.Body);
        }

        var title = PlainText.OneLine(Title().Match(reply.Body).Groups[1].Value);
        return title.Length > 0 ? $"a web page with the title '{title}'" : "a web page without a title";
    }

    /// <summary>The message of an error body, or the body itself, on one line and capped.</summary>
    public static string From(string body)
    {
        var words = PlainText.OneLine(MessageIn(body) ?? body, Characters);
        return words.Length > 0 ? words : "(no words)";
    }

    /// <summary>The number of the error that a body holds; 0 for an error without a number, null for a body without an error.</summary>
    public static int? ErrorIn(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("error", out var error) || error.ValueKind is JsonValueKind.Null)
            {
                return null;
            }

            return error.ValueKind == JsonValueKind.Object && error.TryGetProperty("code", out var code)
                && int.TryParse(code.ToString(), out var number) ? number : 0;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The names that an error gives itself (<c>code</c>, <c>type</c>, <c>status</c>), the most telling one first.</summary>
    public static IReadOnlyList<string> ErrorNames(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                ? [.. new[] { Text(error, "code"), Text(error, "type"), Text(error, "status") }.OfType<string>()] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static string? MessageIn(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0)
            {
                root = root[0];
            }

            if (root.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            var error = root.TryGetProperty("error", out var inner) ? inner : root;
            if (error.ValueKind == JsonValueKind.String)
            {
                return error.GetString();
            }

            return error.ValueKind == JsonValueKind.Object && Text(error, "message") is { } message
                ? (Text(error, "code") ?? Text(error, "type")) is { } code and not "error" ? $"{message} ({code})" : message
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    [GeneratedRegex("<title[^>]*>([^<]*)", RegexOptions.IgnoreCase)]
    private static partial Regex Title();
}

using System.Text.Json;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>What a provider says in an error reply.</summary>
internal static class ProviderWords
{
    private const int Characters = 600;

    /// <summary>The message of an error body, or the body itself, on one line and capped.</summary>
    public static string From(string body)
    {
        var words = PlainText.OneLine(MessageIn(body) ?? body, Characters);
        return words.Length > 0 ? words : "(no words)";
    }

    private static string? MessageIn(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            var error = root.TryGetProperty("error", out var inner) ? inner : root;
            if (error.ValueKind == JsonValueKind.String)
            {
                return error.GetString();
            }

            if (error.ValueKind != JsonValueKind.Object || !error.TryGetProperty("message", out var message)
                || message.ValueKind != JsonValueKind.String)
            {
                return null;
            }

            var code = error.TryGetProperty("code", out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            return code is null ? message.GetString() : $"{message.GetString()} ({code})";
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

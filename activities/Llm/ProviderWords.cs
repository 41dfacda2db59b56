using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Activities.Llm.Signs;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>What a provider says in an error reply, in whatever form it writes its errors.</summary>
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
        var words = PlainText.OneLine((ErrorText.Json(body) is { } root ? MessageOf(root) : null) ?? body, Characters);
        return words.Length > 0 ? words : "(no words)";
    }

    /// <summary>The number of the error that a body holds; 0 for an error without a number, null for a body without an error.</summary>
    public static int? ErrorIn(string body)
    {
        if (ErrorText.Json(body) is not { } root)
        {
            return null;
        }

        if (root.ValueKind == JsonValueKind.Array)
        {
            return root.GetArrayLength() > 0 && ErrorIn(root[0]) is { } first ? first : null;
        }

        return ErrorIn(root);
    }

    private static int? ErrorIn(JsonElement root)
    {
        if (Member(root, "error") is { } error && !IsNothing(error))
        {
            return NumberOf(error);
        }

        // A flat error of vLLM, and one of a provider whose choice broke off.
        if (Text(root, "object") == "error" || (Text(root, "type") == "error" && Member(root, "choices") is null))
        {
            return NumberOf(root);
        }

        return Member(root, "choices") is { ValueKind: JsonValueKind.Array } choices && choices.GetArrayLength() > 0
            && Member(choices[0], "error") is { ValueKind: JsonValueKind.Object } broken && !IsNothing(broken) ? NumberOf(broken) : null;
    }

    private static bool IsNothing(JsonElement error) => error.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.String => error.GetString()!.Length == 0,
        JsonValueKind.Object => !error.EnumerateObject().Any(),
        _ => false,
    };

    private static int NumberOf(JsonElement error)
    {
        if (error.ValueKind != JsonValueKind.Object)
        {
            return 0;
        }

        foreach (var name in (string[])["code", "status", "type"])
        {
            if (Member(error, name)?.ToString() is { Length: > 0 } text)
            {
                var number = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : StreamErrors.StatusOf(text);
                if (number is >= 400 and < 600)
                {
                    return number.Value;
                }
            }
        }

        return 0;
    }

    private static string? MessageOf(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array)
        {
            return root.GetArrayLength() > 0 ? MessageOf(root[0]) : null;
        }

        if (root.ValueKind == JsonValueKind.String)
        {
            return root.GetString() is { Length: > 0 } text ? ErrorText.Json(text) is { } inner ? MessageOf(inner) ?? text : text : null;
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (Member(root, "error") is { } error && !IsNothing(error))
        {
            return MessageOf(error) ?? MessageOf(Member(root, "message"));
        }

        if (Member(root, "choices") is { ValueKind: JsonValueKind.Array } choices && choices.GetArrayLength() > 0 && Member(choices[0], "error") is { } broken)
        {
            return MessageOf(broken);
        }

        var message = MessageOf(Member(root, "message") ?? Member(root, "Message") ?? Member(root, "msg") ?? Member(root, "error_description"))
            ?? Details(Member(root, "detail")) ?? MessageOf(Member(root, "errors"));
        if (message is null)
        {
            return null;
        }

        var code = Text(root, "code") ?? Text(root, "type") ?? Text(root, "status");
        return (code is null or "error" || message.Contains(code, StringComparison.Ordinal) ? message : $"{message} ({code})") + Upstream(root);
    }

    private static string? MessageOf(JsonElement? value) => value is { } there ? MessageOf(there) : null;

    /// <summary>Findings of a check of fields: <c>body.name: Extra inputs are not permitted</c>.</summary>
    private static string? Details(JsonElement? detail) => detail switch
    {
        { ValueKind: JsonValueKind.Array } list => string.Join("; ", list.EnumerateArray().Take(5).Select(finding =>
            Member(finding, "loc") is { ValueKind: JsonValueKind.Array } place
                ? $"{string.Join('.', place.EnumerateArray().Select(part => part.ToString()))}: {Text(finding, "msg") ?? Text(finding, "type")}"
                : MessageOf(finding) ?? finding.ToString())),
        { } other => MessageOf(other),
        null => null,
    };

    /// <summary>What stood behind a gateway, and what it said.</summary>
    private static string Upstream(JsonElement error)
    {
        if (Member(error, "metadata") is not { ValueKind: JsonValueKind.Object } metadata)
        {
            return "";
        }

        var said = MessageOf(Member(metadata, "raw"));
        return (Text(metadata, "provider_name"), said) switch
        {
            (null, null) => "",
            (null, _) => $" [behind it: {said}]",
            (var name, null) => $" [from {name}]",
            var (name, _) => $" [from {name}: {said}]",
        };
    }

    private static JsonElement? Member(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? Text(JsonElement of, string name) => Member(of, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    [GeneratedRegex("<title[^>]*>([^<]*)", RegexOptions.IgnoreCase)]
    private static partial Regex Title();
}

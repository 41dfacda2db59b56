using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Json;

/// <summary>
/// Checks JSON against the part of JSON Schema (draft 7) that our schema files use: type, enum, properties, required,
/// additionalProperties (false), items, anyOf, pattern, and the bounds of lengths, counts and numbers. A keyword it does not
/// know is an error of ours and throws. This is our own code because replay-safe assemblies must not refer to a library that
/// reads files or the network.
/// </summary>
public static class JsonShape
{
    private const int MostErrors = 20;
    private static readonly TimeSpan PatternTime = TimeSpan.FromSeconds(1);

    /// <summary>What is wrong, each as <c>path: message</c>; empty when the value fits.</summary>
    public static IReadOnlyList<string> Check(JsonElement schema, JsonElement value, string path = "$")
    {
        var errors = new List<string>();
        Visit(schema, value, path, errors);
        return errors.Count <= MostErrors ? errors : [.. errors.Take(MostErrors), $"$: and {errors.Count - MostErrors} more errors"];
    }

    public static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    private static void Visit(JsonElement schema, JsonElement value, string path, List<string> errors)
    {
        if (schema.TryGetProperty("anyOf", out var choices))
        {
            Choose(choices, value, path, errors);
            return;
        }

        var type = schema.GetProperty("type").GetString()!;
        if (!Is(type, value))
        {
            errors.Add($"{path}: must be {Words(type)}, not {Kind(value)}");
            return;
        }

        foreach (var keyword in schema.EnumerateObject())
        {
            Keyword(keyword, schema, value, path, errors);
        }
    }

    private static void Keyword(JsonProperty keyword, JsonElement schema, JsonElement value, string path, List<string> errors)
    {
        var bound = keyword.Value;
        switch (keyword.Name)
        {
            case "$schema" or "title" or "description" or "type" or "additionalProperties":
                break;
            case "properties":
                Properties(schema, value, path, errors);
                break;
            case "required":
                errors.AddRange(bound.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)).Select(name => $"{path}.{name}: is missing"));
                break;
            case "items":
                foreach (var (item, index) in value.EnumerateArray().Select((item, index) => (item, index)))
                {
                    Visit(bound, item, $"{path}[{index}]", errors);
                }

                break;
            case "enum":
                if (!bound.EnumerateArray().Any(one => one.GetString() == TextOf(value)))
                {
                    errors.Add($"{path}: must be one of {string.Join(", ", bound.EnumerateArray().Select(one => one.GetString()))}");
                }

                break;
            case "pattern":
                if (TextOf(value) is { } text && !Matches(text, bound.GetString()!))
                {
                    errors.Add($"{path}: '{PlainText.OneLine(text)}' does not match {bound.GetString()}");
                }

                break;
            default:
                Bound(keyword.Name, bound, value, path, errors);
                break;
        }
    }

    private static void Bound(string keyword, JsonElement bound, JsonElement value, string path, List<string> errors)
    {
        var limit = bound.GetDouble();
        var (measured, what) = keyword switch
        {
            "minLength" or "maxLength" => (Length(value), "characters"),
            "minItems" or "maxItems" => (value.GetArrayLength(), "entries"),
            "minimum" or "maximum" => (value.GetDouble(), ""),
            _ => throw new InvalidOperationException($"The schema has the keyword {keyword}, which is not checked."),
        };
        if (keyword.StartsWith("min", StringComparison.Ordinal) ? measured < limit : measured > limit)
        {
            var least = keyword.StartsWith("min", StringComparison.Ordinal) ? "at least" : "at most";
            errors.Add(string.Create(CultureInfo.InvariantCulture, $"{path}: must be {least} {limit} {what}").TrimEnd() + string.Create(CultureInfo.InvariantCulture, $", is {measured}"));
        }
    }

    private static void Properties(JsonElement schema, JsonElement value, string path, List<string> errors)
    {
        var known = schema.GetProperty("properties");
        foreach (var property in value.EnumerateObject())
        {
            if (known.TryGetProperty(property.Name, out var shape))
            {
                Visit(shape, property.Value, $"{path}.{property.Name}", errors);
            }
            else
            {
                var remedy = NearMatches.Remedy(property.Name, known.EnumerateObject().Select(one => one.Name));
                errors.Add($"{path}.{PlainText.OneLine(property.Name)}: is not a known field{remedy}");
            }
        }
    }

    /// <summary>The errors shown are those of the choice whose type the value has.</summary>
    private static void Choose(JsonElement choices, JsonElement value, string path, List<string> errors)
    {
        var fitting = choices.EnumerateArray().Where(choice => Is(choice.GetProperty("type").GetString()!, value)).ToList();
        if (fitting.Count == 0)
        {
            var types = choices.EnumerateArray().Select(choice => Words(choice.GetProperty("type").GetString()!));
            errors.Add($"{path}: must be {string.Join(" or ", types)}, not {Kind(value)}");
            return;
        }

        var tried = fitting.Select(choice => Check(choice, value, path)).ToList();
        if (tried.All(found => found.Count > 0))
        {
            errors.AddRange(tried[0]);
        }
    }

    private static bool Is(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "number" => value.ValueKind == JsonValueKind.Number,
        "null" => value.ValueKind == JsonValueKind.Null,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetRawText().All(c => char.IsAsciiDigit(c) || c == '-'),
        _ => throw new InvalidOperationException($"The schema has the type {type}, which is not checked."),
    };

    private static string Words(string type) => type switch
    {
        "array" => "a list",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "object" => "an object",
        "null" => "null",
        _ => "a text",
    };

    // A newline at the end is part of the text, but a dollar sign would also match before it.
    private static bool Matches(string text, string pattern) =>
        Regex.IsMatch(text, pattern.EndsWith('$') ? pattern[..^1] + "\\z" : pattern, RegexOptions.CultureInvariant, PatternTime);

    /// <summary>Length in code points, as the schema language counts.</summary>
    private static double Length(JsonElement value) => TextOf(value)?.EnumerateRunes().Count() ?? 0;

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}

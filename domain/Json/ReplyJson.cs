using System.Text;
using System.Text.Json;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Json;

/// <summary>Finds the JSON object in a model's reply, whatever text is around it.</summary>
public static class ReplyJson
{
    private const int MostTries = 200;

    /// <summary>The object that has the most of the requested fields.</summary>
    /// <param name="reply">The reply as the model wrote it.</param>
    /// <param name="fields">Names of the requested fields at the top of the object.</param>
    /// <param name="problem">Why there is none, with the place where reading ended.</param>
    public static JsonElement? Find(string reply, IReadOnlyCollection<string> fields, out string problem)
    {
        var text = ReplyText.Strip(reply);
        var bytes = Encoding.UTF8.GetBytes(text);
        problem = text.Length == 0
            ? "$: the reply is empty; write the JSON object"
            : "$: there is no JSON object in the reply; it begins with '" + PlainText.OneLine(text) + "'";
        JsonElement? other = null;
        var furthest = -1L;
        var start = Next(bytes, 0);
        for (var tries = 0; start >= 0 && tries < MostTries; tries++)
        {
            var reader = new Utf8JsonReader(bytes.AsSpan(start), isFinalBlock: false, default);
            try
            {
                if (!JsonDocument.TryParseValue(ref reader, out var document))
                {
                    problem = $"$: the reply breaks off after {bytes.Length - start:N0} bytes of JSON; write the whole object, shorter if need be";
                    return null;
                }

                using (document)
                {
                    var root = document.RootElement;
                    if (root.EnumerateObject().Any(property => fields.Contains(property.Name)))
                    {
                        return root.Clone();
                    }

                    other ??= root.Clone();
                }

                start = Next(bytes, start + (int)reader.BytesConsumed);
            }
            catch (JsonException broken)
            {
                if (reader.BytesConsumed > furthest)
                {
                    furthest = reader.BytesConsumed;
                    var line = Encoding.UTF8.GetString(bytes, 0, start).Count(c => c == '\n') + (broken.LineNumber ?? 0) + 1;
                    problem = $"$: not JSON at line {line} of the reply: {broken.Message}";
                }

                start = Next(bytes, start + 1);
            }
        }

        return furthest > 0 ? null : other;
    }

    /// <summary>Texts that no file can hold: NUL characters and halves of surrogate pairs.</summary>
    public static IEnumerable<string> Unwritable(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(property => Unwritable(property.Value, $"{path}.{property.Name}")),
        JsonValueKind.Array => value.EnumerateArray().SelectMany((item, index) => Unwritable(item, $"{path}[{index}]")),
        JsonValueKind.String => Unwritable(value) is { } what ? [$"{path}: holds {what}"] : [],
        _ => [],
    };

    /// <summary>Names that appear twice in one object, by their paths.</summary>
    public static IEnumerable<string> Twice(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().GroupBy(property => property.Name)
            .SelectMany(group => (group.Count() > 1 ? [$"{path}.{group.Key}: appears twice"] : Array.Empty<string>())
                .Concat(Twice(group.First().Value, $"{path}.{group.Key}"))),
        JsonValueKind.Array => value.EnumerateArray().SelectMany((item, index) => Twice(item, $"{path}[{index}]")),
        _ => [],
    };

    private static string? Unwritable(JsonElement value)
    {
        try
        {
            return value.GetString()!.Contains('\0') ? "a NUL character" : null;
        }
        catch (InvalidOperationException)
        {
            return "half of a surrogate pair";
        }
    }

    private static int Next(byte[] bytes, int from)
    {
        var found = from >= bytes.Length ? -1 : bytes.AsSpan(from).IndexOf((byte)'{');
        return found < 0 ? -1 : from + found;
    }
}

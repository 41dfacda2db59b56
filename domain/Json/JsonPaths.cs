using System.Globalization;
using System.Text.Json;

namespace Spark.Temporal.Domain.Json;

/// <summary>Dotted paths into JSON; <c>*</c> is every member or element.</summary>
public static class JsonPaths
{
    public static IEnumerable<JsonElement> Find(JsonElement root, string path)
    {
        IEnumerable<JsonElement> found = [root];
        foreach (var part in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            found = found.SelectMany(element => Step(element, part));
        }

        return found;
    }

    /// <summary>Text at a path, several joined by line ends; null where there is none.</summary>
    public static string? Text(JsonElement root, string path)
    {
        if (path.Length == 0)
        {
            return null;
        }

        var texts = Find(root, path).Where(element => element.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)).Select(Plain).ToList();
        return texts.Count == 0 ? null : string.Join('\n', texts);
    }

    public static double? Number(JsonElement root, string path)
    {
        var numbers = Find(root, path).Where(element => element.ValueKind == JsonValueKind.Number).Select(element => element.GetDouble()).ToList();
        return numbers.Count == 0 ? null : numbers.Sum();
    }

    public static bool Holds(JsonElement root, IReadOnlyDictionary<string, string> conditions) =>
        conditions.All(condition => Find(root, condition.Key).Any(element => Plain(element) == condition.Value));

    private static IEnumerable<JsonElement> Step(JsonElement element, string part) => element.ValueKind switch
    {
        JsonValueKind.Array when part == "*" => element.EnumerateArray(),
        JsonValueKind.Object when part == "*" => element.EnumerateObject().Select(member => member.Value),
        JsonValueKind.Object when element.TryGetProperty(part, out var member) => [member],
        JsonValueKind.Array when int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < element.GetArrayLength() => [element[index]],
        _ => [],
    };

    private static string Plain(JsonElement element) => element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText();
}

using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>Reads a family's template, or derives one from the seeds of a task's data builder.</summary>
public static partial class FamilyTemplateReader
{
    private const int MostFile = 512 * 1024;

    /// <summary>Seeds to choose from where a template is derived.</summary>
    private const int DerivedSeeds = 2_000;

    /// <summary>
    /// Distance between derived seeds. It is so large that builders which add a small number to their seed never share one.
    /// </summary>
    private const int SeedStep = 1_009;

    private static readonly string[] LayerKeys = ["name", "kind", "from", "choices", "fields"];

    /// <param name="json">Content of the file: <c>{"layers": [{"name", "kind", "from", "choices", "fields"}]}</c>.</param>
    /// <param name="file">The file's path, for the messages.</param>
    /// <exception cref="FormatException">The file cannot be used; the message is one line.</exception>
    public static FamilyTemplate Parse(string json, string file)
    {
        if (json.Length > MostFile)
        {
            throw Wrong("$", $"the file has {json.Length:N0} characters, at most {MostFile:N0} are read");
        }

        try
        {
            using var document = JsonDocument.Parse(json.TrimStart('\uFEFF'), new JsonDocumentOptions { AllowDuplicateProperties = false });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("layers", out var layers) || layers.ValueKind != JsonValueKind.Array)
            {
                throw Wrong("$.layers", "must be a list of layers, each with name, kind, from and choices");
            }

            return new FamilyTemplate([.. layers.EnumerateArray().Select((layer, index) => Layer(layer, $"$.layers[{index}]"))]);
        }
        catch (JsonException broken)
        {
            throw Wrong(broken.Path ?? "$", $"does not parse: {broken.Message}");
        }

        VariationLayer Layer(JsonElement layer, string path)
        {
            if (layer.ValueKind != JsonValueKind.Object)
            {
                throw Wrong(path, $"must be an object, not {JsonShape.Kind(layer)}");
            }

            if (layer.EnumerateObject().Select(property => property.Name).FirstOrDefault(name => !LayerKeys.Contains(name)) is { } unknown)
            {
                throw Wrong($"{path}.{unknown}", $"is not a known field{NearMatches.Remedy(unknown, LayerKeys)}");
            }

            var kind = String(layer, "kind", path);
            return new VariationLayer(
                String(layer, "name", path),
                Enum.TryParse<VariationKind>(kind, ignoreCase: true, out var read) && !char.IsAsciiDigit(kind[0])
                    ? read
                    : throw Wrong($"{path}.kind", $"must be one of {string.Join(", ", Enum.GetNames<VariationKind>().Select(name => name.ToLowerInvariant()))}, not '{PlainText.OneLine(kind)}'"),
                String(layer, "from", path),
                Strings(layer, "choices", path, required: true),
                Strings(layer, "fields", path, required: false));
        }

        string String(JsonElement layer, string key, string path) =>
            layer.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
                ? text
                : throw Wrong($"{path}.{key}", "must be a text that is not empty");

        List<string> Strings(JsonElement layer, string key, string path, bool required)
        {
            if (!layer.TryGetProperty(key, out var value) && !required)
            {
                return [];
            }

            return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(entry => entry.ValueKind == JsonValueKind.String) && (!required || value.GetArrayLength() > 0)
                ? [.. value.EnumerateArray().Select(entry => entry.GetString()!)]
                : throw Wrong($"{path}.{key}", required ? "must be a list of texts with at least one" : "must be a list of texts");
        }

        FormatException Wrong(string path, string message) => new(PlainText.OneLine($"{file}: {path}: {message}", 1_000));
    }

    /// <summary>
    /// A template of the seeds that a data builder draws from: another seed gives other data. The tests compute the answer
    /// from the data, so the answers differ too.
    /// </summary>
    /// <exception cref="FormatException">The builder has no seed that is written as a number.</exception>
    public static FamilyTemplate Derive(TaskBlueprint blueprint)
    {
        var seeds = Seed().Matches(blueprint.DataBuilderPython).Select(match => match.Value).Distinct(StringComparer.Ordinal).ToList();
        return seeds.Count > 0
            ? new FamilyTemplate([.. seeds.Select((seed, index) => new VariationLayer($"seed-{index + 1}", VariationKind.Value, seed, Choices(seed), ["data_builder_python"]))])
            : throw new FormatException($"the data builder of '{blueprint.TaskId}' has no seed that is written as a number; say what may change with --template FILE");
    }

    private static List<string> Choices(string call)
    {
        var open = call.IndexOf('(', StringComparison.Ordinal) + 1;
        return [.. Enumerable.Range(1, DerivedSeeds).Select(number => call[..open] + (number * SeedStep).ToString(CultureInfo.InvariantCulture))];
    }

    [GeneratedRegex(@"\b(?:Random|seed|default_rng|RandomState)\(\s*\d+(?![\w.])", RegexOptions.CultureInvariant)]
    private static partial Regex Seed();
}

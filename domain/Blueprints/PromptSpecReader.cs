using System.Text;
using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>Reads a prompt file. An error names the file and the field's JSON path.</summary>
public static class PromptSpecReader
{
    /// <summary>Longest prompt file, in characters.</summary>
    private const int MostFile = 512 * 1024;

    /// <summary>Longest text of any other field, in characters, and most entries of a list.</summary>
    private const int MostText = 4_000;
    private const int MostEntries = 64;
    private const int MostName = 128;

    private static readonly string[] Keys =
    [
        "prompt", "task_name_hint", "available_tools", "environment_hints", "constraints", "structure_template", "content_overrides",
    ];

    /// <param name="json">Content of the file.</param>
    /// <param name="file">The file's path as the user wrote it, for the messages.</param>
    /// <exception cref="FormatException">The file cannot be used; the message is one line.</exception>
    public static PromptSpec Parse(string json, string file)
    {
        var problem = new Problem(file);
        if (json.Length > MostFile)
        {
            throw problem.At("$", $"the file has {json.Length:N0} characters, at most {MostFile:N0} are read; shorten the prompt and keep data in files of their own");
        }

        using var document = Open(json, problem);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw problem.At("$", "must be an object with at least a \"prompt\"");
        }

        foreach (var property in root.EnumerateObject().Where(property => !Keys.Contains(property.Name)))
        {
            throw problem.At($"$.{property.Name}", $"is not a known field{NearMatches.Remedy(property.Name, Keys)} (known are {string.Join(", ", Keys)})");
        }

        var prompt = Prompt(root, problem);
        return new PromptSpec
        {
            Prompt = prompt,
            TaskNameHint = NameHint(root, problem),
            AvailableTools = Tools(root, problem),
            EnvironmentHints = Sentences(root, "environment_hints", problem),
            Constraints = Sentences(root, "constraints", problem),
            StructureTemplate = Template(root, problem),
            ContentOverrides = Overrides(root, problem),
        };
    }

    private static JsonDocument Open(string json, Problem problem)
    {
        try
        {
            return JsonDocument.Parse(json.TrimStart('\uFEFF'), new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException broken)
        {
            throw problem.At("$", $"does not parse as JSON: {broken.Message}");
        }
    }

    private static string Prompt(JsonElement root, Problem problem)
    {
        if (!root.TryGetProperty("prompt", out var element))
        {
            throw problem.At("$.prompt", "is missing; say what the task is about");
        }

        var prompt = String(element, "$.prompt", problem);
        if (string.IsNullOrWhiteSpace(prompt))
        {
            throw problem.At("$.prompt", "is empty; say what the task is about");
        }

        var bytes = Encoding.UTF8.GetByteCount(prompt);
        return bytes <= PromptSpec.MostPromptBytes
            ? prompt
            : throw problem.At("$.prompt", $"has {bytes:N0} bytes, at most {PromptSpec.MostPromptBytes:N0} (64 KiB) are allowed; shorten it");
    }

    private static string? NameHint(JsonElement root, Problem problem)
    {
        if (!Has(root, "task_name_hint", out var element))
        {
            return null;
        }

        var hint = String(element, "$.task_name_hint", problem).Trim();
        if (hint.Length == 0)
        {
            return null;
        }

        if (hint.AsSpan().IndexOfAny('/', '\\', ':') >= 0 || hint.Trim('.').Length == 0 || hint.Any(char.IsControl))
        {
            throw problem.At("$.task_name_hint", $"'{PlainText.OneLine(hint)}' is a path, not a name; write a name such as '{PlainText.Slug(hint)}'");
        }

        return hint.Length <= MostName ? hint : throw problem.At("$.task_name_hint", $"is longer than {MostName} characters");
    }

    private static List<string> Tools(JsonElement root, Problem problem)
    {
        var tools = Sentences(root, "available_tools", problem);
        var unknown = ToolCatalogue.Resolve(tools).Unknown;
        if (unknown.Count > 0)
        {
            var first = unknown[0];
            throw problem.At(
                $"$.available_tools[{tools.IndexOf(first.Name)}]",
                $"'{PlainText.OneLine(first.Name)}' is not in the tools catalogue{NearMatches.Remedy(first.Name, ToolCatalogue.Names)}");
        }

        return tools;
    }

    /// <summary>A list of texts; one text alone, and an object of texts, are read as such a list.</summary>
    private static List<string> Sentences(JsonElement root, string key, Problem problem)
    {
        if (!Has(root, key, out var element))
        {
            return [];
        }

        var path = $"$.{key}";
        var entries = element.ValueKind switch
        {
            JsonValueKind.String => [(Path: path, Prefix: "", Value: element)],
            JsonValueKind.Array => element.EnumerateArray().Select((entry, index) => (Path: $"{path}[{index}]", Prefix: "", Value: entry)).ToList(),
            JsonValueKind.Object when key != "available_tools" =>
                [.. element.EnumerateObject().Select(property => (Path: $"{path}.{property.Name}", Prefix: property.Name + ": ", property.Value))],
            _ => throw problem.At(path, $"must be a list of texts, not {Kind(element)}"),
        };
        if (entries.Count > MostEntries)
        {
            throw problem.At(path, $"has {entries.Count} entries, at most {MostEntries} are allowed");
        }

        return [.. entries.Select(entry => entry.Prefix + Sentence(entry.Value, entry.Path, scalars: entry.Prefix.Length > 0, problem))];
    }

    private static string Sentence(JsonElement element, string path, bool scalars, Problem problem)
    {
        var text = scalars && element.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False
            ? element.GetRawText()
            : String(element, path, problem).Trim();
        return text.Length switch
        {
            0 => throw problem.At(path, "is empty; remove it"),
            > MostText => throw problem.At(path, $"has {text.Length:N0} characters, at most {MostText:N0} are allowed"),
            _ => text,
        };
    }

    private static JsonElement? Template(JsonElement root, Problem problem)
    {
        if (!Has(root, "structure_template", out var element))
        {
            return null;
        }

        return element.ValueKind is not (JsonValueKind.String or JsonValueKind.Object or JsonValueKind.Array)
            ? throw problem.At("$.structure_template", $"must be a text, a list or an object of sections, not {Kind(element)}")
            : element.GetRawText().Length > MostText ? throw problem.At("$.structure_template", $"is longer than {MostText:N0} characters")
            : element.Clone();
    }

    private static Dictionary<string, JsonElement>? Overrides(JsonElement root, Problem problem)
    {
        if (!Has(root, "content_overrides", out var element))
        {
            return null;
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            throw problem.At("$.content_overrides", $"must be an object of blueprint fields, not {Kind(element)}");
        }

        foreach (var property in element.EnumerateObject())
        {
            var path = $"$.content_overrides.{property.Name}";
            if (property.Name == BlueprintReader.Former)
            {
                continue;
            }

            if (!BlueprintSchema.Fields.Contains(property.Name))
            {
                throw problem.At(path, $"is not a field of a blueprint{NearMatches.Remedy(property.Name, BlueprintSchema.Fields)}");
            }

            if (BlueprintSchema.CheckField(property.Name, property.Value, path) is [var first, ..])
            {
                throw problem.Whole(first);
            }
        }

        return element.EnumerateObject().Where(property => property.Name != BlueprintReader.Former).ToDictionary(property => property.Name, property => property.Value.Clone());
    }

    private static bool Has(JsonElement root, string key, out JsonElement element) =>
        root.TryGetProperty(key, out element) && element.ValueKind != JsonValueKind.Null;

    private static string String(JsonElement element, string path, Problem problem)
    {
        if (element.ValueKind != JsonValueKind.String)
        {
            throw problem.At(path, $"must be a text, not {Kind(element)}");
        }

        try
        {
            return element.GetString()!.Contains('\0') ? throw problem.At(path, "holds a NUL character") : element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw problem.At(path, "holds half of a surrogate pair");
        }
    }

    private static string Kind(JsonElement element) => JsonShape.Kind(element);

    private sealed class Problem(string file)
    {
        public FormatException At(string path, string message) => Whole($"{path}: {message}");

        public FormatException Whole(string message) => new(PlainText.OneLine($"{file}: {message}", 1_000));
    }
}

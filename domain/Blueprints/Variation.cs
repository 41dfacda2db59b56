using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>What a layer of a family changes.</summary>
public enum VariationKind
{
    Value,
    File,
    Size,
    Wording,
}

/// <summary>One thing that may change, everywhere at once, so that instruction, data, solution and tests stay in step.</summary>
/// <param name="Name">Name of the layer, such as <c>sample-rate</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="From">The text of the accepted task that is replaced; whole words only.</param>
/// <param name="Choices">Texts that may replace it; the accepted task's own text may be among them.</param>
/// <param name="Fields">Fields in which it is replaced; each must hold it. Empty for all fields that hold it.</param>
public sealed record VariationLayer(string Name, VariationKind Kind, string From, IReadOnlyList<string> Choices, IReadOnlyList<string> Fields);

/// <summary>How siblings of one accepted task are made.</summary>
public sealed record FamilyTemplate(IReadOnlyList<VariationLayer> Layers);

/// <param name="Blueprint">The sibling, not proven yet.</param>
/// <param name="Choices">What was chosen, by the layers' names.</param>
/// <param name="Digest">SHA-256 over its content, without its name and title. Two siblings with the same digest are the same.</param>
public sealed record Variant(TaskBlueprint Blueprint, IReadOnlyDictionary<string, string> Choices, string Digest);

/// <summary>Makes siblings of an accepted task by layered templates.</summary>
public static class Variation
{
    public const int MostVariants = 1_000;

    /// <summary>Combinations that are tried before the search ends.</summary>
    private const long MostTried = 20_000;

    /// <summary>
    /// Makes siblings that differ in content from the accepted task, from each other and from the known ones. No two have
    /// the same data (builder and files), because their answers would be the same. The same arguments give the same siblings
    /// in the same order.
    /// </summary>
    /// <param name="accepted">The accepted task.</param>
    /// <param name="template">What may change and how.</param>
    /// <param name="count">Most siblings to make; there may be fewer.</param>
    /// <param name="seed">Where to begin among all combinations.</param>
    /// <param name="known">Digests of siblings that exist.</param>
    /// <param name="firstNumber">Number in the name of the first.</param>
    /// <exception cref="FormatException">A layer does not fit the task.</exception>
    public static IReadOnlyList<Variant> UpTo(
        TaskBlueprint accepted, FamilyTemplate template, int count, int seed, IReadOnlySet<string> known, int firstNumber = 1)
    {
        Check(accepted, template, count);
        var total = template.Layers.Aggregate(1L, (product, layer) => Math.Min(product * layer.Choices.Count, int.MaxValue));
        var seen = new HashSet<string>(known, StringComparer.Ordinal) { Digest(accepted), DataDigest(accepted) };
        var variants = new List<Variant>();
        var (start, step) = (Draw(seed, "start", total), Step(seed, total));
        for (long tried = 0; tried < Math.Min(total, MostTried) && variants.Count < count; tried++)
        {
            var variant = Make(accepted, template, (start + (tried * step)) % total, firstNumber + variants.Count);
            if (seen.Add(variant.Digest) && seen.Add(DataDigest(variant.Blueprint)))
            {
                variants.Add(variant);
            }
        }

        return variants;
    }

    /// <summary>SHA-256 over what a blueprint's data comes from.</summary>
    public static string DataDigest(TaskBlueprint blueprint) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new { blueprint.DataBuilderPython, blueprint.SupportFiles }, SparkJson.Options)));

    /// <summary>SHA-256 over a blueprint's content, its name and title left out.</summary>
    public static string Digest(TaskBlueprint blueprint) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(blueprint with { TaskId = "", Title = "" }, SparkJson.Options)));

    /// <summary>Number of a sibling in its name; 0 for any other name.</summary>
    public static int NumberOf(string task, string name)
    {
        var ending = name.LastIndexOf("-v", StringComparison.Ordinal);
        return ending > 0 && task.StartsWith(name[..ending], StringComparison.Ordinal) && int.TryParse(name.AsSpan(ending + 2), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;
    }

    private static Variant Make(TaskBlueprint accepted, FamilyTemplate template, long combination, int number)
    {
        var choices = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var layer in template.Layers)
        {
            choices[layer.Name] = layer.Choices[(int)(combination % layer.Choices.Count)];
            combination /= layer.Choices.Count;
        }

        var ending = $"-v{number:00}";
        var name = accepted.TaskId.Length + ending.Length <= 64 ? accepted.TaskId : accepted.TaskId[..(64 - ending.Length)].TrimEnd('-');
        var blueprint = Fields(accepted, (field, text) => Replace(text, [.. template.Layers.Where(layer => Touches(layer, field))], choices)) with { TaskId = name + ending };
        return new Variant(blueprint, choices, Digest(blueprint));
    }

    private static void Check(TaskBlueprint accepted, FamilyTemplate template, int count)
    {
        if (count is < 1 or > MostVariants)
        {
            throw new FormatException($"{count} variants are not between 1 and {MostVariants}.");
        }

        if (template.Layers.Count == 0 || template.Layers.DistinctBy(layer => layer.Name).Count() < template.Layers.Count)
        {
            throw new FormatException("$.layers: must be at least one, each with a name of its own");
        }

        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        Fields(accepted, (field, text) => texts[field] = texts.GetValueOrDefault(field) + "\n" + text);
        foreach (var (layer, index) in template.Layers.Select((layer, index) => (layer, index)))
        {
            if (layer.From.Length == 0 || layer.Choices.Count == 0)
            {
                throw new FormatException($"$.layers[{index}]: '{layer.Name}' needs a text to replace and choices");
            }

            if (layer.Fields.FirstOrDefault(field => !texts.ContainsKey(field)) is { } unknown)
            {
                throw new FormatException($"$.layers[{index}].fields: '{unknown}' has no text that may vary{NearMatches.Remedy(unknown, texts.Keys)}");
            }

            var places = layer.Fields.Count > 0 ? layer.Fields.Select(field => texts[field]) : [string.Concat(texts.Values)];
            if (places.Any(text => Find(text, layer.From, 0) < 0))
            {
                throw new FormatException($"$.layers[{index}].from: '{PlainText.OneLine(layer.From)}' is not in every field that '{layer.Name}' names");
            }
        }
    }

    private static bool Touches(VariationLayer layer, string field) => layer.Fields.Count == 0 || layer.Fields.Contains(field);

    /// <summary>
    /// All layers in one pass from left to right, the longest text first: text that was put in is not replaced again.
    /// </summary>
    private static string Replace(string text, List<VariationLayer> layers, SortedDictionary<string, string> choices)
    {
        var result = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var next = layers.Select(layer => (Layer: layer, Index: Find(text, layer.From, at))).Where(found => found.Index >= 0)
                .OrderBy(found => found.Index).ThenByDescending(found => found.Layer.From.Length).FirstOrDefault();
            if (next.Layer is null)
            {
                return result.Append(text, at, text.Length - at).ToString();
            }

            result.Append(text, at, next.Index - at).Append(choices[next.Layer.Name]);
            at = next.Index + next.Layer.From.Length;
        }

        return result.ToString();
    }

    /// <summary>Where a text appears as a whole word: 110 is not found in 1101.</summary>
    private static int Find(string text, string part, int from)
    {
        for (var at = text.IndexOf(part, from, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + 1, StringComparison.Ordinal))
        {
            var end = at + part.Length;
            if ((at == 0 || !IsWord(text[at - 1]) || !IsWord(part[0])) && (end == text.Length || !IsWord(text[end]) || !IsWord(part[^1])))
            {
                return at;
            }
        }

        return -1;
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';

    private static TaskBlueprint Fields(TaskBlueprint blueprint, Func<string, string, string> change) => blueprint with
    {
        Title = change("title", blueprint.Title),
        InstructionMd = change("instruction_md", blueprint.InstructionMd),
        OutputPath = change("output_path", blueprint.OutputPath),
        DataBuilderPython = change("data_builder_python", blueprint.DataBuilderPython),
        OraclePython = change("oracle_python", blueprint.OraclePython),
        Verifier = blueprint.Verifier with { TestCode = change("verifier.test_code", blueprint.Verifier.TestCode) },
        SupportFiles = [.. blueprint.SupportFiles.Select(file => file with { Path = change("support_files", file.Path), Content = change("support_files", file.Content) })],
    };

    /// <summary>A step that shares no factor with the number of combinations visits each once.</summary>
    private static long Step(int seed, long total)
    {
        var step = 1 + Draw(seed, "step", total);
        while (Divisor(step, total) != 1)
        {
            step++;
        }

        return step;
    }

    private static long Divisor(long left, long right) => right == 0 ? left : Divisor(right, left % right);

    private static long Draw(int seed, string what, long below) =>
        (long)(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{what}"))) % (ulong)below);
}

using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>How each tool that a prompt may ask for gets into the image; the data is <c>tools-catalogue.json</c>.</summary>
public static class ToolCatalogue
{
    private static readonly Dictionary<string, Entry> Entries = Load();

    /// <summary>All names, other spellings included, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Entries.Keys.Order(StringComparer.Ordinal)];

    /// <summary>What to install for tools. Names are compared without regard to case.</summary>
    public static ToolResolution Resolve(IReadOnlyList<string> availableTools)
    {
        var found = new List<Entry>();
        var unknown = new List<UnknownTool>();
        foreach (var tool in availableTools)
        {
            if (Entries.TryGetValue(tool.Trim().ToLowerInvariant(), out var entry))
            {
                found.Add(entry);
            }
            else
            {
                unknown.Add(new UnknownTool(tool, NearMatches.Of(tool.Trim(), Names)));
            }
        }

        return new ToolResolution(new ToolPackages(Sorted(found.SelectMany(entry => entry.Apt)), Sorted(found.SelectMany(entry => entry.Pip))), unknown);
    }

    private static List<string> Sorted(IEnumerable<string> packages) => [.. packages.Distinct().Order(StringComparer.Ordinal)];

    private static Dictionary<string, Entry> Load()
    {
        var entries = JsonSerializer.Deserialize<List<Entry>>(Resources.Read("tools-catalogue.json"), SparkJson.Options)!;
        return entries
            .SelectMany(entry => entry.Aliases.Prepend(entry.Name).Select(name => (name, entry)))
            .ToDictionary(pair => pair.name, pair => pair.entry, StringComparer.Ordinal);
    }

    private sealed record Entry
    {
        public required string Name { get; init; }

        public IReadOnlyList<string> Aliases { get; init; } = [];

        public IReadOnlyList<string> Apt { get; init; } = [];

        public IReadOnlyList<string> Pip { get; init; } = [];
    }
}

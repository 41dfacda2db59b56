using System.Text.Json;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>The published form of a blueprint, <c>blueprint.schema.json</c>, and of a critique, <c>critique.schema.json</c>.</summary>
public static class BlueprintSchema
{
    /// <summary>JSON Schema (draft 7) of a blueprint.</summary>
    public static string Json { get; } = Resources.Read("blueprint.schema.json");

    /// <summary>JSON Schema (draft 7) of the model's critique.</summary>
    public static string CritiqueJson { get; } = Resources.Read("critique.schema.json");

    public static JsonElement Root { get; } = Parse(Json);

    public static JsonElement CritiqueRoot { get; } = Parse(CritiqueJson);

    /// <summary>Names of a blueprint's fields, in the order of the schema.</summary>
    public static IReadOnlyList<string> Fields { get; } = [.. Root.GetProperty("properties").EnumerateObject().Select(property => property.Name)];

    /// <summary>
    /// Checks the value of one field. A field that is an object may be given in part.
    /// </summary>
    public static IReadOnlyList<string> CheckField(string field, JsonElement value, string path) =>
        [.. JsonShape.Check(Root.GetProperty("properties").GetProperty(field), value, path).Where(error => !error.EndsWith(": is missing", StringComparison.Ordinal))];

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}

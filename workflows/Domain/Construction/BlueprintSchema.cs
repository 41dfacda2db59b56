namespace Spark.Temporal.Workflows.Domain.Construction;

public static class BlueprintSchema
{
    /// <summary>The JSON Schema as text.</summary>
    public static string Json { get; } = "{}";
}

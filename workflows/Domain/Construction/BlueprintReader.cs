namespace Spark.Temporal.Workflows.Domain.Construction;

/// <param name="Blueprint">The blueprint; null when there are errors.</param>
/// <param name="Errors">What is wrong, each with its JSON path.</param>
public sealed record BlueprintReading(TaskBlueprint? Blueprint, IReadOnlyList<string> Errors);

public static class BlueprintReader
{
    public static BlueprintReading Read(string reply) => throw new NotSupportedException(reply);
}

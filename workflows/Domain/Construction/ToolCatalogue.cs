namespace Spark.Temporal.Workflows.Domain.Construction;

public static class ToolCatalogue
{
    public static ToolResolution Resolve(IReadOnlyList<string> availableTools) => throw new NotSupportedException(availableTools.Count.ToString());
}

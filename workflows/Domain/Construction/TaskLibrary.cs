namespace Spark.Temporal.Workflows.Domain.Construction;

public static class TaskLibrary
{
    public static IReadOnlyList<RankedTask> Rank(
        IReadOnlyList<ReferenceTask> library, PromptSpec spec, int topK, IReadOnlySet<string> exclude) =>
        throw new NotSupportedException();
}

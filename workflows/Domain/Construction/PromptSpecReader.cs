namespace Spark.Temporal.Workflows.Domain.Construction;

public static class PromptSpecReader
{
    public static PromptSpec Parse(string json, string file) => throw new NotSupportedException(json + file);
}

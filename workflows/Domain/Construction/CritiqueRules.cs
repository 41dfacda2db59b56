namespace Spark.Temporal.Workflows.Domain.Construction;

public static class CritiqueRules
{
    /// <summary>Images a task may start from.</summary>
    public static IReadOnlyList<string> BaseImages { get; } = ["debian:bookworm-slim", "ubuntu:24.04", "python:3.11-slim", "python:3.12.8-slim"];

    public static IReadOnlyList<CritiqueFinding> Check(TaskBlueprint blueprint, PromptSpec spec, PythonFacts? facts) =>
        throw new NotSupportedException();
}

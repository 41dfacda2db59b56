namespace Spark.Temporal.Workflows.Domain.Construction;

/// <param name="Findings">The model's findings; null when there are errors.</param>
/// <param name="Errors">What is wrong with the reply, each with its JSON path.</param>
public sealed record CritiqueReading(IReadOnlyList<CritiqueFinding>? Findings, IReadOnlyList<string> Errors);

/// <summary>Reads the model's critique.</summary>
public static class CritiqueReader
{
    public static CritiqueReading Read(string reply) => throw new NotSupportedException(reply);
}

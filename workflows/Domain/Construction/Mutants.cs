namespace Spark.Temporal.Workflows.Domain.Construction;

/// <param name="Name">What was done to the output: <c>emptied</c>, <c>truncated</c>, <c>value-changed</c>, …</param>
/// <param name="Content">The output after it.</param>
public sealed record Mutant(string Name, byte[] Content);

public static class Mutants
{
    public static IReadOnlyList<Mutant> Of(byte[] output) => throw new NotSupportedException();
}

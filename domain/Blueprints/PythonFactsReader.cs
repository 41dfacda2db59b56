using System.Text.Json;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>
/// Reads what <c>python_facts.py</c> prints. The script reads <c>request.json</c> beside it: an object with
/// <c>data_builder</c>, <c>oracle</c> and <c>tests</c>, each a source as text.
/// </summary>
public static class PythonFactsReader
{
    /// <summary>The content of <c>request.json</c> for a blueprint.</summary>
    public static byte[] Request(TaskBlueprint blueprint) => JsonSerializer.SerializeToUtf8Bytes(
        new { DataBuilder = blueprint.DataBuilderPython, Oracle = blueprint.OraclePython, Tests = blueprint.Verifier.TestCode },
        SparkJson.Options);

    /// <exception cref="FormatException">The text is not what the script prints.</exception>
    public static PythonFacts Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<PythonFacts>(json, SparkJson.Options) is { DataBuilder: not null, Oracle: not null, Tests: not null } facts
                ? facts
                : throw new FormatException("python_facts.py left out one of data_builder, oracle and tests.");
        }
        catch (JsonException broken)
        {
            throw new FormatException($"python_facts.py did not print its JSON: {broken.Message}", broken);
        }
    }
}

using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Results;

/// <summary>Reader and writer of <c>summary.json</c> of an evaluation.</summary>
public static class EvaluationSummaryFile
{
    private static readonly JsonSerializerOptions ScoresOptions = new(SparkJson.Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver().WithAddedModifier(RequireNothing),
    };

    /// <exception cref="ResultFormatException">It is something else, or newer.</exception>
    public static EvaluationSummary Read(string file, string text) => ResultJson.Read<EvaluationSummary>(file, text);

    /// <summary>
    /// Reads a summary for its scores: one of another program's making, or of an earlier version, may hold little more than
    /// trials with task, arm and outcome. Texts that it lacks are null all the same, and its lists empty.
    /// </summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static EvaluationSummary ReadScores(string file, string text) => ResultJson.Read<EvaluationSummary>(file, System.Text.Encoding.UTF8.GetBytes(text), ScoresOptions);

    public static string Write(EvaluationSummary summary) => ResultJson.Write(summary);

    private static void RequireNothing(JsonTypeInfo type)
    {
        if (type.Type == typeof(EvaluationSummary) || type.Type == typeof(EvaluationTrial))
        {
            foreach (var property in type.Properties)
            {
                property.IsRequired = false;
            }
        }
    }
}

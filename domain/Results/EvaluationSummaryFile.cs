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

    /// <exception cref="ResultFormatException">The content is of another form, or of a newer version.</exception>
    public static EvaluationSummary Read(string file, string text) => ResultJson.Read<EvaluationSummary>(file, text);

    /// <summary>
    /// Reads a summary for its scores. A summary of another program or of an earlier version may hold little more than
    /// trials with task, arm and outcome. Missing texts are then null, and missing lists empty.
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

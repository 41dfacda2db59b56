using System.Text.Json;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Blueprints;

/// <param name="Findings">The model's findings; null when there are errors.</param>
/// <param name="Errors">What is wrong with the reply, each with its JSON path.</param>
public sealed record CritiqueReading(IReadOnlyList<CritiqueFinding>? Findings, IReadOnlyList<string> Errors);

/// <summary>Reads the model's critique: <c>{"findings": [{"severity", "where", "message"}]}</c>.</summary>
public static class CritiqueReader
{
    /// <summary>Rule id of what the model finds.</summary>
    public const string Rule = "model";

    public static CritiqueReading Read(string reply)
    {
        if (ReplyJson.Find(reply, ["findings"], out var problem) is not { } root)
        {
            return new CritiqueReading(null, [problem]);
        }

        IReadOnlyList<string> errors = [.. ReplyJson.Unwritable(root, "$"), .. ReplyJson.Twice(root, "$"), .. JsonShape.Check(BlueprintSchema.CritiqueRoot, root)];
        if (errors.Count > 0)
        {
            return new CritiqueReading(null, errors);
        }

        var findings = root.GetProperty("findings").Deserialize<List<Shape>>(SparkJson.Options)!;
        return new CritiqueReading([.. findings.Select(one => new CritiqueFinding(Rule, one.Severity, one.Where, one.Message))], []);
    }

    private sealed record Shape(CritiqueSeverity Severity, string Where, string Message);
}

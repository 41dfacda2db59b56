using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>How much a finding matters: a blocking one must be repaired, the others are only kept in the report.</summary>
public enum CritiqueSeverity
{
    Note,
    Warning,
    Blocking,
}

/// <summary>Something wrong with a blueprint.</summary>
/// <param name="Rule">Id of the rule, such as <c>output-path-drift</c>; <c>model</c> for the model's own critique.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Where">Field of the blueprint, such as <c>verifier.test_code</c>.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record CritiqueFinding(string Rule, CritiqueSeverity Severity, string Where, string Message)
{
    /// <summary>A finding that must be fixed before the task is built.</summary>
    public static CritiqueFinding Blocking(string rule, string where, string message) => new(rule, CritiqueSeverity.Blocking, where, message);

    /// <summary><c>rule (severity) at where: message</c>, on one line.</summary>
    public override string ToString() =>
        PlainText.OneLine($"{Rule} ({Severity.ToString().ToLowerInvariant()}) at {Where}: {Message}", 2_000);
}

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>
/// The deterministic critique: rules over the blueprint's fields and over what Python says about its programs. The same
/// blueprint gives the same findings in the same order.
/// </summary>
public static class CritiqueRules
{
    public const string BaseImage = "base-image-not-allowed";

    /// <summary>Rule id for the caller that runs Python: Python did not give the facts that the rules need.</summary>
    public const string NotExamined = "python-not-examined";

    /// <summary>Images a task may start from.</summary>
    public static IReadOnlyList<string> BaseImages { get; } =
        ["debian:bookworm-slim", "ubuntu:24.04", "python:3.11-slim", "python:3.12-slim", "python:3.12.8-slim"];

    /// <param name="blueprint">The blueprint.</param>
    /// <param name="spec">The prompt it was made from.</param>
    /// <param name="facts">What Python says; without it the rules that need it are left out.</param>
    /// <returns>All findings, the blocking ones first.</returns>
    public static IReadOnlyList<CritiqueFinding> Check(TaskBlueprint blueprint, PromptSpec spec, PythonFacts? facts)
    {
        var findings = SafetyRules.Check(blueprint)
            .Concat(LimitRules.Check(blueprint))
            .Concat(ContentRules.Check(blueprint, spec))
            .Concat(LeakRules.Check(blueprint, spec, facts))
            .Concat(facts is null ? [] : ProgramRules.Check(blueprint, facts))
            .Concat(facts is null ? [] : VerifierRules.Check(blueprint, facts));
        return [.. findings.Distinct().OrderByDescending(finding => finding.Severity)];
    }

    /// <summary>
    /// Finds places where the agent can read the oracle's output without any work. Call it after the oracle ran: only then
    /// is the answer known.
    /// </summary>
    /// <param name="output">The oracle's output as text.</param>
    /// <param name="instruction">The agent's instruction.</param>
    /// <param name="visible">Text files that the agent gets, by their paths.</param>
    public static IReadOnlyList<string> AnswerSeenIn(string output, string instruction, IEnumerable<KeyValuePair<string, string>> visible) =>
        [.. LeakRules.AnswerSeenIn(output, instruction, visible)];
}

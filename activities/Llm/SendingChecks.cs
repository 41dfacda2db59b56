using System.Text.RegularExpressions;
using Spark.Temporal.Activities.Redaction;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Checks what a profile says about how its requests are sent: headers, query, key, deadlines.</summary>
internal static partial class SendingChecks
{
    /// <summary>What stands behind a base address.</summary>
    public static readonly string[] Paths = ["/chat/completions", "/responses", "/messages"];

    /// <summary>Headers that each request has from us, or that say how it is sent.</summary>
    private static readonly HashSet<string> Own = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Idempotency-Key", "X-Spark-Purpose", "X-Spark-Run", "X-Spark-Task",
    };

    /// <param name="findings">Findings are added here; none repeats a value, which may be a key.</param>
    /// <param name="field">The profile's place in the settings.</param>
    /// <param name="profile">The profile.</param>
    public static void Check(List<string> findings, string field, LlmProfile profile)
    {
        foreach (var (name, value) in profile.Headers)
        {
            var at = $"{field}:Headers:{name}";
            Require(findings, HeaderName().IsMatch(name), at, "is no name of a header; use letters, digits and '-'");
            Require(findings, !Own.Contains(name), at, "is set by the worker itself");
            CheckValue(findings, at, name, value);
        }

        foreach (var (name, value) in profile.Query)
        {
            CheckValue(findings, $"{field}:Query:{name}", name, value);
        }

        Require(
            findings,
            HeaderName().IsMatch(profile.KeyHeader) && !Own.Contains(profile.KeyHeader),
            $"{field}:KeyHeader",
            "must be the name of a header, such as Authorization, api-key or x-api-key");
        Require(findings, Visible().IsMatch(profile.KeyPrefix), $"{field}:KeyPrefix", "must be plain text of one line, such as 'Bearer ', or empty");
        Require(
            findings,
            string.IsNullOrWhiteSpace(profile.ReasoningEffort) || Word().IsMatch(profile.ReasoningEffort.Trim()),
            $"{field}:ReasoningEffort",
            "must be one word, such as none, low, medium or high");
        CheckSeconds(findings, $"{field}:FirstByteSec", profile.FirstByteSec);
        CheckSeconds(findings, $"{field}:SilenceSec", profile.SilenceSec);
    }

    private static void CheckValue(List<string> findings, string at, string name, string value)
    {
        Require(findings, Visible().IsMatch(value), at, "must be plain text of one line");
        Require(findings, EnvironmentText.IsWellFormed(value), at, "names a variable badly; write {env:NAME}, with letters, digits and '_' in the name");
        Require(
            findings,
            value.Contains("{env:", StringComparison.Ordinal) || !SecretNames.IsSecret(name, value),
            at,
            "holds a key; put it into an environment variable and write {env:NAME}");
    }

    private static void CheckSeconds(List<string> findings, string at, double seconds) =>
        Require(findings, seconds is > 0 and <= 86_400, at, $"is {seconds}; give seconds above 0, at most 86400");

    private static void Require(List<string> findings, bool holds, string at, string otherwise)
    {
        if (!holds)
        {
            findings.Add($"{at} {otherwise}.");
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,100}\z")]
    private static partial Regex HeaderName();

    [GeneratedRegex(@"^[ -~]*\z")]
    private static partial Regex Visible();

    [GeneratedRegex(@"^[A-Za-z_-]{1,20}\z")]
    private static partial Regex Word();
}

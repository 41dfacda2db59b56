using System.Text.Json;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Judging;

/// <summary>How one test ended.</summary>
public enum TestStatus
{
    Passed,

    /// <summary>Failed, or broke before or after its body.</summary>
    Failed,

    /// <summary>Skipped, or expected to fail and failed.</summary>
    Skipped,
}

/// <summary>One test.</summary>
/// <param name="Name">Its name as the test runner gives it.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Message">Why it failed, on one line of at most 300 characters; null where the runner says nothing.</param>
public sealed record TestResult(string Name, TestStatus Status, string? Message = null);

/// <summary>The tests of a verifier's run.</summary>
public sealed record TestReport
{
    public const int MessageCharacters = 300;
    public const int NameCharacters = 300;

    // A verifier may print any amount; no more than this is read.
    public const int MaxTests = 2_000;

    public static readonly TestReport Empty = new();

    public IReadOnlyList<TestResult> Tests { get; init; } = [];

    public int Passed => Tests.Count(test => test.Status == TestStatus.Passed);

    public int Total => Tests.Count;

    /// <summary>The report in <c>ctrf.json</c> where there is a readable one with tests, else what pytest printed.</summary>
    public static TestReport Read(string? ctrf, string? output) =>
        (ctrf is null ? null : FromCtrf(ctrf)) is { Total: > 0 } report ? report : FromPytest(output ?? "");

    /// <summary>
    /// The more detailed of both. Older pytest plugins fold all cases of a parametrized test into one entry with the status
    /// of the last, while the output still names each. Counts come from <see cref="Read"/>; this only says what failed.
    /// </summary>
    public static TestReport Detailed(string? ctrf, string? output)
    {
        var report = Read(ctrf, output);
        var printed = FromPytest(output ?? "");
        return printed.Total > report.Total && report.Tests.All(test => printed.Tests.Any(other => IsCaseOf(other.Name, test.Name))) ? printed : report;
    }

    /// <summary>Reads a Common Test Report Format document.</summary>
    /// <returns>Null when the text is no such document.</returns>
    public static TestReport? FromCtrf(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json.TrimStart('\uFEFF'));
            if (Member(document.RootElement, "results", JsonValueKind.Object) is not { } results
                || Member(results, "tests", JsonValueKind.Array) is not { } tests)
            {
                return null;
            }

            return new TestReport { Tests = [.. tests.EnumerateArray().Select(FromCtrfTest).OfType<TestResult>().Take(MaxTests)] };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Reads what pytest printed: the progress lines of <c>-v</c> (<c>file.py::test PASSED</c>) and the summary lines of
    /// <c>-rA</c> (<c>FAILED file.py::test - message</c>), each test once. Captured output of tests is ignored.
    /// </summary>
    public static TestReport FromPytest(string output) => PytestOutput.Read(output);

    // The output's names start with the path to the file.
    private static bool IsCaseOf(string printed, string test)
    {
        var parameters = printed.IndexOf('[', StringComparison.Ordinal);
        return printed.EndsWith(test, StringComparison.Ordinal)
            || (parameters >= 0 && printed.AsSpan(0, parameters).EndsWith(test, StringComparison.Ordinal));
    }

    private static TestResult? FromCtrfTest(JsonElement test)
    {
        if (Member(test, "name", JsonValueKind.String)?.GetString() is not { Length: > 0 } name)
        {
            return null;
        }

        var status = Member(test, "status", JsonValueKind.String)?.GetString() switch
        {
            "passed" => TestStatus.Passed,
            "skipped" or "pending" => TestStatus.Skipped,
            _ => TestStatus.Failed,
        };
        var message = status != TestStatus.Failed ? null
            : Member(test, "message", JsonValueKind.String)?.GetString() is { Length: > 0 } said ? said
            : Member(test, "trace", JsonValueKind.String)?.GetString() is { } trace ? PytestOutput.Reason(trace)
            : null;
        return new TestResult(PlainText.OneLine(name, NameCharacters), status, message is null ? null : PlainText.OneLine(message, MessageCharacters));
    }

    private static JsonElement? Member(JsonElement parent, string name, JsonValueKind kind) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == kind ? value : null;
}

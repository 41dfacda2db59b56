using FsCheck;
using FsCheck.Fluent;
using Spark.Temporal.Domain.Judging;
using TestResult = Spark.Temporal.Domain.Judging.TestResult;

namespace Spark.Temporal.Tests.Domain.Judging;

public sealed class TestSummaryTests
{
    private static readonly TestReport Report = new()
    {
        Tests =
        [
            new("t.py::a", TestStatus.Passed),
            new("t.py::b", TestStatus.Failed, "✗ assert 1 == 2"),
            new("t.py::c", TestStatus.Skipped),
            new("t.py::d", TestStatus.Failed),
        ],
    };

    [Test]
    public void Marks_each_test_and_puts_failed_ones_first() =>
        Assert.That(TestSummary.Of(Report), Is.EqualTo(
            "Failed (2 of 4):\n  ✗ t.py::b\n    | ✗ assert 1 == 2\n  ✗ t.py::d\nPassed (1 of 4), keep them so:\n  ✓ t.py::a"));

    [Test]
    public void Failed_tests_are_the_names_whatever_their_messages_say() =>
        Assert.That(TestSummary.FailedTests(TestSummary.Of(Report)), Is.EqualTo(new[] { "t.py::b", "t.py::d" }));

    [Test]
    public void Failed_tests_of_a_recorded_summary_are_whole_lines_each_once() =>
        Assert.That(
            TestSummary.FailedTests("PASSED:\n  ✓ a\nFAILED:\r\n  ✗ b - x...\r\n  ✗ b - x...\n✗ c\n  ✗ \nno ✗ mark"),
            Is.EqualTo(new[] { "b - x...", "c" }));

    [Test]
    public void Without_tests_there_is_no_summary() => Assert.That(TestSummary.Of(TestReport.Empty), Is.Empty);

    [Test]
    public void A_summary_stays_within_its_limit_and_cuts_no_line() => Prop.ForAll<ushort, byte, byte>((tests, length, limit) =>
    {
        var report = new TestReport
        {
            Tests = [.. Enumerable.Range(0, tests % 500).Select(i => new TestResult($"t.py::{i}{new string('n', length)}", TestStatus.Failed, "why"))],
        };
        var characters = 100 + (limit * 10);
        var names = report.Tests.Select(test => test.Name).ToHashSet();

        var summary = TestSummary.Of(report, characters);

        return summary.Length <= characters && TestSummary.FailedTests(summary).All(names.Contains);
    }).QuickCheckThrowOnFailure();
}

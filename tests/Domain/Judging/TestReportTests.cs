using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Tests.Domain.Judging;

public sealed class TestReportTests
{
    private const string Session = """
        ============================= test session starts ==============================
        collected 4 items

        ../tests/test_outputs.py::TestA::test_one PASSED                          [ 25%]
        ../tests/test_outputs.py::test_two[a - b] FAILED                          [ 50%]
        ../tests/test_outputs.py::test_three SKIPPED (no network)                 [ 75%]
        ../tests/test_outputs.py::test_four ERROR                                 [100%]

        =================================== FAILURES ===================================
        ----------------------------- Captured stdout call -----------------------------
        PASSED invented.py::test_of_the_agent
        =========================== short test summary info ============================
        PASSED ../tests/test_outputs.py::TestA::test_one
        SKIPPED [1] ../tests/test_outputs.py:30: no network
        FAILED ../tests/test_outputs.py::test_two[a - b] - AssertionError: 1 - 1 != [2]
        ERROR ../tests/test_outputs.py::test_four - fixture 'x' not found
        ============= 1 failed, 1 passed, 1 skipped, 1 error in 0.04s =================
        """;

    [Test]
    public void Reads_each_test_of_a_pytest_session_once_with_its_message()
    {
        var report = TestReport.FromPytest(Session.Replace("\n", "\r\n"));

        Assert.That(report.Tests, Is.EqualTo(new TestResult[]
        {
            new("../tests/test_outputs.py::TestA::test_one", TestStatus.Passed),
            new("../tests/test_outputs.py::test_two[a - b]", TestStatus.Failed, "AssertionError: 1 - 1 != [2]"),
            new("../tests/test_outputs.py::test_three", TestStatus.Skipped),
            new("../tests/test_outputs.py::test_four", TestStatus.Failed, "fixture 'x' not found"),
        }));
        Assert.That((report.Passed, report.Total), Is.EqualTo((1, 4)));
    }

    [TestCase("PASSED t.py::a", TestStatus.Passed)]
    [TestCase("\u001b[32mPASSED\u001b[0m t.py::a", TestStatus.Passed)]
    [TestCase("t.py::a PASSED", TestStatus.Passed)]
    [TestCase("[gw1] [ 50%] FAILED t.py::a", TestStatus.Failed)]
    [TestCase("XFAIL t.py::a - known", TestStatus.Skipped)]
    [TestCase("XPASS t.py::a", TestStatus.Passed)]
    [TestCase("ERROR t.py - ImportError: no module", TestStatus.Failed)]
    public void Knows_every_style_of_line(string line, TestStatus status) =>
        Assert.That(TestReport.FromPytest(line).Tests.Single().Status, Is.EqualTo(status));

    [TestCase("PASSED all checks")]
    [TestCase("FAILED to connect")]
    [TestCase("ERROR: no such file")]
    [TestCase("2 passed in 0.1s")]
    public void Takes_no_other_line_for_a_test(string line) => Assert.That(TestReport.FromPytest(line).Total, Is.Zero);

    [Test]
    public void A_test_that_broke_after_it_passed_has_failed() =>
        Assert.That(TestReport.FromPytest("PASSED t.py::a\nERROR t.py::a - tear-down").Tests.Single(),
            Is.EqualTo(new TestResult("t.py::a", TestStatus.Failed, "tear-down")));

    [Test]
    public void A_parameter_with_a_dash_stays_in_the_name_even_without_progress_lines() =>
        Assert.That(TestReport.FromPytest("FAILED t.py::a[x - y] - boom - bang").Tests.Single(),
            Is.EqualTo(new TestResult("t.py::a[x - y]", TestStatus.Failed, "boom - bang")));

    [Test]
    public void Reads_ctrf_with_the_reason_from_message_or_trace()
    {
        var report = TestReport.FromCtrf("""
            {"results": {"tool": {"name": "pytest"}, "tests": [
              {"name": "a", "status": "passed"},
              {"name": "b", "status": "failed", "trace": "def b():\n>   assert 1 == 2\nE   assert 1 == 2\n\nt.py:3: AssertionError"},
              {"name": "c", "status": "failed", "message": "no\nfile"},
              {"name": "d", "status": "skipped"},
              {"name": "e", "status": "other"},
              {"status": "passed"}, 7]}}
            """);

        Assert.That(report!.Tests, Is.EqualTo(new TestResult[]
        {
            new("a", TestStatus.Passed), new("b", TestStatus.Failed, "assert 1 == 2"), new("c", TestStatus.Failed, "no file"),
            new("d", TestStatus.Skipped), new("e", TestStatus.Failed),
        }));
    }

    [Test]
    public void Cases_that_ctrf_folds_into_one_are_told_apart_by_the_output()
    {
        const string Ctrf = """{"results": {"tests": [{"name": "t.py::a", "status": "passed"}, {"name": "t.py::b", "status": "passed"}]}}""";
        const string Output = "../tests/t.py::a[1] FAILED\n../tests/t.py::a[2] PASSED\n../tests/t.py::b PASSED";

        Assert.That((TestReport.Read(Ctrf, Output).Passed, TestReport.Detailed(Ctrf, Output).Passed, TestReport.Detailed(Ctrf, Output).Total), Is.EqualTo((2, 2, 3)));
        Assert.That(TestReport.Detailed(Ctrf, Output.Replace("::b", "::c")).Total, Is.EqualTo(2), "other tests are no finer report of these");
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("""{"results": 3}""")]
    [TestCase("""{"results": {"tests": {}}}""")]
    public void What_is_no_ctrf_document_is_left_to_the_printed_output(string json)
    {
        Assert.That(TestReport.FromCtrf(json), Is.Null);
        Assert.That(TestReport.Read(json, "PASSED t.py::a").Total, Is.EqualTo(1));
    }

    [Test]
    public void Output_without_end_gives_a_report_with_an_end()
    {
        var report = TestReport.FromPytest(string.Join('\n', Enumerable.Range(0, 5_000).Select(i => $"FAILED t.py::{i}{new string('x', 2_000)} - {new string('y', 2_000)}")));

        Assert.That(report.Total, Is.EqualTo(TestReport.MaxTests));
        Assert.That(report.Tests.Max(test => test.Name.Length + test.Message?.Length), Is.LessThanOrEqualTo(TestReport.NameCharacters + TestReport.MessageCharacters));
    }
}

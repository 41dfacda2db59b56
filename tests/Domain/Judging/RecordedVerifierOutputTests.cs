using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Judging;

/// <summary>Real verifiers' reports and output, with the counts that were recorded beside them.</summary>
public sealed class RecordedVerifierOutputTests
{
    [Test]
    public void Counts_and_failed_tests_of_recorded_runs_are_read_as_recorded()
    {
        var compared = 0;
        foreach (var path in Directory.GetFiles(Requires.SharedData("spark-trajectories"), "trajectory.jsonl", SearchOption.AllDirectories))
        {
            foreach (var line in File.ReadLines(path).Where(line => line.Contains("\"execution_result\"")))
            {
                var result = JsonNode.Parse(line)!;
                var (ctrf, output) = (result["ctrf_json"]?.ToJsonString(), (string)result["test_stdout_full"]!);
                var place = $"{path}, attempt {result["attempt"]}";
                var counts = TestReport.Read(ctrf, output);
                if (counts.Total == 0 || (string)result["status"]! == "INFRA_ERROR")
                {
                    continue;
                }

                Assert.That((counts.Passed, counts.Total), Is.EqualTo(((int)result["n_passed"]!, (int)result["n_tests"]!)), place);

                // Recorded lines start with the path to the file and end in a message that the terminal's width cut off.
                var failed = TestSummary.FailedTests(TestSummary.Of(TestReport.Detailed(ctrf, output), int.MaxValue));
                var recorded = TestSummary.FailedTests((string)result["test_summary"]!);
                Assert.That(recorded.All(test => failed.Any(test.Contains)), Is.True, place);
                if (recorded.Count > 0)
                {
                    // Three recorded summaries leave their failed tests out altogether.
                    Assert.That(failed, Has.Count.EqualTo(recorded.Count), place);
                }

                compared++;
            }
        }

        Assert.That(compared, Is.GreaterThan(50));
    }
}

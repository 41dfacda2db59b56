using System.Text.Json.Nodes;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Domain.Judging;

namespace Spark.Temporal.Tests.Domain.Judging;

/// <summary>Real verifiers' reports and output, with the counts that were recorded beside them.</summary>
public sealed class RecordedVerifierOutputTests
{
    [Test]
    public void Reports_and_printed_output_of_recorded_runs_name_the_same_tests()
    {
        var compared = 0;
        foreach (var path in Directory.GetFiles(Requires.SharedData("spark-trajectories"), "trajectory.jsonl", SearchOption.AllDirectories))
        {
            foreach (var line in File.ReadLines(path).Where(line => line.Contains("\"execution_result\"")))
            {
                var result = JsonNode.Parse(line)!;
                var output = (string)result["test_stdout_full"]!;
                if (TestReport.FromCtrf(result["ctrf_json"]?.ToJsonString() ?? "") is not { Total: > 0 } report || !output.Contains("short test summary info"))
                {
                    continue;
                }

                var printed = TestReport.FromPytest(output);
                var place = $"{path}, attempt {result["attempt"]}";
                Assert.That((printed.Passed, printed.Total), Is.EqualTo((report.Passed, report.Total)), place);
                var wrong = report.Tests.Where(test => !printed.Tests.Any(other => other.Name.EndsWith(test.Name, StringComparison.Ordinal) && other.Status == test.Status));
                Assert.That(wrong, Is.Empty, place);
                compared++;
            }
        }

        Assert.That(compared, Is.GreaterThan(50));
    }
}

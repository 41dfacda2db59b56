using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Starter.Pdi.Trajectories;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.EndToEnd.Bench;

/// <summary>Proxy snapshots a second, on one core.</summary>
[Explicit]
[NonParallelizable]
[Category("Bench")]
public sealed class PdiBench
{
    [Test]
    public async Task Proxy_snapshots_per_second()
    {
        var recorded = await RecordedAsync();
        var runs = recorded.Count > 0 ? recorded : [.. Enumerable.Range(0, 16).Select(MadeUp)];
        var kind = recorded.Count > 0 ? "recorded" : "made-up";
        BenchReport.Keep(
            "pdi",
            [.. Enum.GetValues<PdiMethod>()
                .Select(method => PdiThroughput.Measure(runs, method, TimeSpan.FromSeconds(3)))
                .Select(measured => new BenchRow($"proxy snapshots over {runs.Count} {kind} runs, {measured.Method}", measured.SnapshotsPerSecond, "1/s"))]);
    }

    /// <summary>The recorded public runs, where this machine has them.</summary>
    private static async Task<IReadOnlyList<RecordedRun>> RecordedAsync()
    {
        var runs = new List<RecordedRun>();
        if (Requires.FindSharedData("spark-trajectories") is { } folder)
        {
            foreach (var path in TrajectoryFiles.Find([folder]))
            {
                runs.Add(await TrajectoryReader.ReadAsync(path, CancellationToken.None));
            }
        }

        return runs;
    }

    /// <summary>A run of six reflections, every text as long as it may be.</summary>
    private static RecordedRun MadeUp(int number)
    {
        var attempts = Enumerable.Range(0, 6).ToList();
        var tests = string.Join('\n', Enumerable.Range(1, 150).Select(test => $"  {TestSummary.FailedMark} test_record_{test}_matches_the_index"));
        return new RecordedRun
        {
            Task = $"made-up-{number}",
            Path = "",
            Executions = attempts.ToDictionary(
                attempt => attempt,
                attempt => new RecordedExecution(attempt, "fail", string.Join('\n', Enumerable.Range(attempt, 4).Select(FullSize.Command)), tests)),
            Reflections = attempts.ToDictionary(
                attempt => attempt,
                attempt => new RecordedReflection(attempt, attempt == 0 ? "" : FullSize.Memo(attempt), FullSize.Memo(attempt + 1))),
            Snapshots = [.. attempts.Select(attempt => new RecordedSnapshot(
                new PdiSnapshot
                {
                    Attempt = attempt,
                    Step = attempt,
                    ProxyExec = 0,
                    ProxyPlan = 0,
                    ProxyOss = 0,
                    RawPdi = 0,
                    Weight = 0,
                    WeightedPdi = 0,
                    Triggered = false,
                },
                null))],
            DamagedLines = [],
        };
    }
}

using System.Diagnostics;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.EndToEnd.Faults;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.EndToEnd.Bench;

/// <summary>How soon a container is gone: when it is no longer needed, and after its run was cancelled.</summary>
[Explicit]
[NonParallelizable]
[Category("Bench")]
public sealed class RemovalBench
{
    private const int Times = 5;

    [Test]
    public async Task Removal_of_a_busy_container()
    {
        await using var bench = new SandboxBench();
        List<double> took = [];
        for (var number = 0; number <= Times; number++)
        {
            var started = await bench.StartAsync(ordinal: number + 1);
            await bench.TurnAsync(started.Container, 1, 20, ["trap '' TERM; (while :; do :; done) & sleep 400 &"]);
            var clock = Stopwatch.StartNew();
            await bench.DoAsync(sandbox => sandbox.RemoveAsync(new RemoveRequest(started.Container)));
            took.Add(clock.Elapsed.TotalMilliseconds);
        }

        BenchReport.Keep("removal", new BenchRow($"removal of a container in which a loop and a sleep ignore signals, median of {Times}", BenchReport.Median(took[1..]), "ms", 500));
    }

    [Test]
    public async Task Removal_after_a_cancel()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = FaultTask.Model(request =>
            request.Turn == 0 && request.Purpose == LlmPurposes.Agent ? FakeReply.Shell("trap '' TERM; echo ran >> /log; sleep 100") : null);
        rig.StartWorker();
        var run = await rig.StartSkillAsync(FaultTask.Write(rig.Folder));
        await rig.ActivityRunsAsync("sandbox.run_turn");
        var clock = Stopwatch.StartNew();

        await run.CancelAsync();
        await Eventually.IsTrueAsync(() => Task.FromResult(rig.Containers().Count == 0), "the container is gone", TimeSpan.FromMinutes(1));

        BenchReport.Keep("removal-after-cancel", new BenchRow("from the cancel of a run to the end of its container", clock.Elapsed.TotalMilliseconds, "ms", 5_000));
    }
}

using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Starter.Pdi;
using Spark.Temporal.Starter.Pdi.Trajectories;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.RunOptions;

/// <summary>Every proxy snapshot that the original computed for its published runs.</summary>
public sealed class RecordedRunsTests
{
    [TestCase(PdiMethod.TokenOverlap)]
    [TestCase(PdiMethod.JsDivergence)]
    public async Task Every_recorded_snapshot_is_reproduced_to_the_last_decimal(PdiMethod method)
    {
        var root = Requires.SharedData("spark-trajectories");
        int compared = 0, ties = 0;
        foreach (var folder in Directory.GetDirectories(root))
        {
            var path = Path.Combine(folder, "trajectory.jsonl");
            var run = await TrajectoryReader.ReadAsync(path, CancellationToken.None);
            var expected = await ExpectedPdi.BesideAsync(path, CancellationToken.None);
            Assert.That(run.DamagedLines, Is.Empty, folder);
            Assert.That(run.Snapshots.Select(snapshot => snapshot.Snapshot), Is.EqualTo(expected!.Recorded), folder);

            var replayed = PdiReplay.Replay(run, method, expected);
            Assert.That(replayed.Snapshots.Select(Numbers), Is.EqualTo(expected.Recomputed[method].Select(Numbers)), folder);
            Assert.That(replayed.Agrees, Is.True, folder);
            compared += replayed.Snapshots.Count;
            ties += replayed.Snapshots.Count(snapshot => snapshot.Tie);
        }

        Assert.That(compared, Is.EqualTo(90));
        Assert.That(ties, method == PdiMethod.TokenOverlap ? Is.Zero : Is.EqualTo(6), "decisions are compared unless logarithms decide them");
    }

    private static object Numbers(ReplayedSnapshot snapshot) => Numbers(snapshot.Computed!.Rounded());

    private static object Numbers(PdiSnapshot at) =>
        (at.Attempt, at.Step, at.ProxyExec, at.ProxyPlan, at.ProxyOss, at.RawPdi, at.Weight, at.WeightedPdi);
}

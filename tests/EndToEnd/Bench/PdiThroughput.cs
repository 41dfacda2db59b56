using System.Diagnostics;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Starter.Pdi;

namespace Spark.Temporal.Tests.EndToEnd.Bench;

/// <summary>How fast proxy snapshots are computed from runs already read.</summary>
/// <param name="Method">Name of the method.</param>
/// <param name="SnapshotsPerSecond">The rate, on one core.</param>
internal sealed record PdiThroughput(string Method, double SnapshotsPerSecond)
{
    /// <summary>Computes all snapshots of the runs over and over for a time, after one round that warms up.</summary>
    public static PdiThroughput Measure(IReadOnlyList<RecordedRun> runs, PdiMethod method, TimeSpan atLeast)
    {
        var observations = runs.Select(run => PdiReplay.Observations(run).OfType<PdiObservation>().ToList()).ToList();
        if (Round(observations, method) == 0)
        {
            throw new ArgumentException("the runs hold no reflection with a PDI snapshot, so there is nothing to measure", nameof(runs));
        }

        long snapshots = 0;
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < atLeast)
        {
            snapshots += Round(observations, method);
        }

        return new PdiThroughput(method.Name(), Math.Round(snapshots / clock.Elapsed.TotalSeconds, 1));
    }

    private static long Round(List<List<PdiObservation>> runs, PdiMethod method)
    {
        long snapshots = 0;
        foreach (var run in runs)
        {
            var tracker = new PdiTracker(method);
            foreach (var observation in run)
            {
                tracker.Observe(observation);
                snapshots++;
            }
        }

        return snapshots;
    }
}

using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Results;

namespace Spark.Temporal.Starter.Pdi;

/// <summary>One snapshot computed again and set beside the recorded one.</summary>
/// <param name="Attempt">The attempt reflected on, from 0.</param>
/// <param name="Step">The recorded number of the reflection.</param>
/// <param name="Recorded">What it is compared with; null where nothing by this method is recorded.</param>
/// <param name="Computed">Computed now, unrounded; null where the file lacks its source.</param>
/// <param name="Agrees">Whether all four decimals and the decision are the same.</param>
/// <param name="Tie">
/// The weighted index equals the threshold up to the last bits of a logarithm, so its decision is not compared.
/// </param>
/// <param name="AfterTie">The snapshot before was a tie, so the level is not compared.</param>
/// <param name="Problem">Why there is nothing to compare; null when there is.</param>
internal sealed record ReplayedSnapshot(
    int Attempt, int Step, PdiSnapshot? Recorded, PdiSnapshot? Computed, bool Agrees, bool Tie, bool AfterTie, string? Problem);

/// <param name="Run">The file.</param>
/// <param name="Method">The method computed by.</param>
/// <param name="ComparedWith">Name of the file whose snapshots were compared with; null where there were none to compare.</param>
/// <param name="Snapshots">In the order of the file.</param>
internal sealed record ReplayedRun(RecordedRun Run, PdiMethod Method, string? ComparedWith, IReadOnlyList<ReplayedSnapshot> Snapshots)
{
    public bool Agrees => Snapshots.All(snapshot => snapshot.Agrees);
}

/// <summary>Computes the proxy snapshots of a recorded run again (docs/architecture.md, "The PDI proxy").</summary>
internal static class PdiReplay
{
    private const double TieWidth = 1e-9;

    /// <summary>Computes a run's snapshots by a method and compares them with the recorded ones.</summary>
    /// <param name="run">The run.</param>
    /// <param name="method">Null for the method the run was recorded with.</param>
    /// <param name="expected">Snapshots by other methods, kept beside the run; null where there are none.</param>
    public static ReplayedRun Replay(RecordedRun run, PdiMethod? method, ExpectedPdi? expected)
    {
        var recordedBy = run.Snapshots.Select(snapshot => snapshot.Method).FirstOrDefault(known => known is not null) ?? PdiMethod.TokenOverlap;
        var by = method ?? recordedBy;
        IReadOnlyList<PdiSnapshot>? recorded;
        string? comparedWith;
        if (by == recordedBy)
        {
            recorded = [.. run.Snapshots.Select(snapshot => snapshot.Snapshot)];
            comparedWith = Path.GetFileName(run.Path);
        }
        else
        {
            recorded = expected?.Recomputed.GetValueOrDefault(by);
            comparedWith = recorded is null ? null : ExpectedPdi.FileName;
        }

        return new ReplayedRun(run, by, comparedWith, [.. Compare(run, by, recorded)]);
    }

    /// <summary>The source of each recorded snapshot; null where the file lacks it.</summary>
    public static IEnumerable<PdiObservation?> Observations(RecordedRun run)
    {
        foreach (var (snapshot, _) in run.Snapshots)
        {
            yield return Observation(run, snapshot);
        }
    }

    private static IEnumerable<ReplayedSnapshot> Compare(RecordedRun run, PdiMethod method, IReadOnlyList<PdiSnapshot>? recorded)
    {
        var tracker = new PdiTracker(method);
        string? problem = null;
        var previousTied = false;
        var at = 0;
        foreach (var observation in Observations(run))
        {
            var source = run.Snapshots[at].Snapshot;
            var reference = recorded?.ElementAtOrDefault(at);
            at++;
            if (problem is not null)
            {
                yield return new ReplayedSnapshot(source.Attempt, source.Step, reference, null, false, false, false, "an earlier snapshot could not be computed");
                continue;
            }

            if (observation is null)
            {
                problem = $"the file lacks the {Missing(run, source.Attempt)} of attempt {source.Attempt}";
                yield return new ReplayedSnapshot(source.Attempt, source.Step, reference, null, false, false, false, problem);
                continue;
            }

            var computed = tracker.Observe(observation);
            var tied = method == PdiMethod.JsDivergence && Math.Abs(computed.WeightedPdi - PdiTracker.Threshold) < TieWidth;
            var agrees = reference is not null && Agree(reference, computed, skipDecision: tied, skipLevel: tied || previousTied);
            yield return new ReplayedSnapshot(
                source.Attempt, source.Step, reference, computed, agrees, tied, previousTied,
                reference is null ? $"nothing is recorded by {method.Name()}" : null);
            previousTied = tied;
        }
    }

    private static bool Agree(PdiSnapshot recorded, PdiSnapshot computed, bool skipDecision, bool skipLevel)
    {
        // Runs of this project may have recorded more than four decimals.
        PdiSnapshot left = recorded.Rounded(), right = computed.Rounded();
        return left with { Triggered = skipDecision ? right.Triggered : left.Triggered, Level = skipLevel ? right.Level : left.Level } == right;
    }

    private static PdiObservation? Observation(RecordedRun run, PdiSnapshot snapshot)
    {
        if (!run.Executions.TryGetValue(snapshot.Attempt, out var execution) || !run.Reflections.TryGetValue(snapshot.Attempt, out var reflection))
        {
            return null;
        }

        return new PdiObservation
        {
            Attempt = snapshot.Attempt,
            Step = snapshot.Step,
            Commands = execution.Commands,
            MemoBefore = reflection.MemoBefore,
            MemoAfter = reflection.MemoAfter,
            FailedTests = TestSummary.FailedTests(execution.TestSummary),
            PreviousFailedTests = run.FailedTestsBefore(snapshot.Attempt),
        };
    }

    private static string Missing(RecordedRun run, int attempt) => run.Executions.ContainsKey(attempt) ? "reflect_call" : "execution_result";
}

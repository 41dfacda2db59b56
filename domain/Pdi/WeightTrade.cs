using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Domain.Pdi;

/// <summary>A run with a known gain.</summary>
/// <param name="Task">Runs of one task are left out together: what is known of one would tell of the others.</param>
/// <param name="Phi">Its similarities.</param>
/// <param name="DeltaR">Δr of its skill, −1 to 1.</param>
public readonly record struct GainedRun(string Task, Phi Phi, double DeltaR);

/// <param name="Weights">One of the sweep.</param>
/// <param name="Folds">For how many tasks left out they were the best of the sweep.</param>
public sealed record ChosenWeights(PdiWeights Weights, int Folds);

/// <summary>
/// What choosing weights by Δr is worth on tasks that did not help to choose: leave-one-task-out cross-validation, after
/// Stone, "Cross-validatory choice and assessment of statistical predictions", JRSS B 36 (1974). The best of a sweep looks good
/// on the runs that it was chosen by; only held-out runs say whether to trade the equal weights for it.
/// </summary>
/// <param name="Folds">Tasks, each left out once.</param>
/// <param name="Runs">Runs with a known Δr.</param>
/// <param name="RhoBest">The largest Spearman's ρ to Δr in the sweep, on all runs, those it is chosen by; null where none has one.</param>
/// <param name="RhoHeldOut">ρ to Δr of indices by the weights that are best without the run's task; null where there is none.</param>
/// <param name="RhoEqual">The same with equal weights, which nothing chose.</param>
/// <param name="Chosen">The weights chosen, most often first.</param>
public sealed record WeightTrade(int Folds, int Runs, double? RhoBest, double? RhoHeldOut, double? RhoEqual, IReadOnlyList<ChosenWeights> Chosen)
{
    /// <summary>Fewer tasks leave too few runs to choose by.</summary>
    public const int LeastTasks = 4;

    /// <summary>Nothing is drawn: the same runs give the same numbers.</summary>
    /// <returns>Null with fewer than <see cref="LeastTasks"/> tasks.</returns>
    public static WeightTrade? Of(IReadOnlyList<GainedRun> runs)
    {
        string[] tasks = [.. runs.Select(run => run.Task).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (tasks.Length < LeastTasks)
        {
            return null;
        }

        List<double> held = [], equal = [], worth = [];
        List<PdiWeights> chosen = [];
        foreach (var task in tasks)
        {
            GainedRun[] others = [.. runs.Where(run => run.Task != task)];
            Phi[] among = [.. others.Select(run => run.Phi)];
            var (weights, _) = Best(others);
            chosen.Add(weights);
            foreach (var run in runs.Where(run => run.Task == task))
            {
                held.Add(OfflinePdi.IndexAgainst(run.Phi, among, weights));
                equal.Add(OfflinePdi.IndexAgainst(run.Phi, among, PdiWeights.Equal));
                worth.Add(run.DeltaR);
            }
        }

        return new WeightTrade(
            tasks.Length, runs.Count, Best(runs).Rho, Spearman.Rho(held, worth), Spearman.Rho(equal, worth),
            [.. chosen.GroupBy(weights => weights).Select(group => new ChosenWeights(group.Key, group.Count())).OrderByDescending(row => row.Folds)]);
    }

    /// <summary>The weights with the largest ρ; of those alike equal ones, else the first of the sweep.</summary>
    private static (PdiWeights Weights, double? Rho) Best(IReadOnlyList<GainedRun> runs)
    {
        Phi[] phis = [.. runs.Select(run => run.Phi)];
        double[] worth = [.. runs.Select(run => run.DeltaR)];
        (PdiWeights Weights, double? Rho) best = (PdiWeights.Equal, Spearman.Rho(OfflinePdi.Index(phis), worth));
        foreach (var weights in OfflinePdi.Sweep())
        {
            // Weights that rank alike may differ in the last bits of ρ.
            if (Spearman.Rho(OfflinePdi.Index(phis, weights), worth) is { } rho && rho > (best.Rho ?? -2) + 1e-12)
            {
                best = (weights, rho);
            }
        }

        return best;
    }
}

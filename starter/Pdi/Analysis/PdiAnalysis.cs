using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Starter.Pdi.Analysis;

/// <summary>One run among those compared.</summary>
/// <param name="Model">The folder above the run's.</param>
/// <param name="Task">Its task.</param>
/// <param name="Reflections">Memos that were written.</param>
/// <param name="PhiExec">φexec, 0 to 1.</param>
/// <param name="PhiPlan">φplan, 0 to 1.</param>
/// <param name="PhiOss">φoss, 0 to 1.</param>
/// <param name="Pdi">The index among the runs compared, in deviations.</param>
/// <param name="Quadrant">Where it lies between the medians.</param>
/// <param name="DeltaR">Mean gain of students, −1 to 1; null where it is not known.</param>
internal sealed record RankedRun(
    string Model, string Task, int Reflections, double PhiExec, double PhiPlan, double PhiOss, double Pdi, PdiQuadrant Quadrant, double? DeltaR);

/// <param name="Quadrant">Which.</param>
/// <param name="Runs">How many runs are in it.</param>
/// <param name="WithDeltaR">How many of them have a known Δr.</param>
/// <param name="MeanDeltaR">Null where none has a known Δr.</param>
internal sealed record QuadrantRow(PdiQuadrant Quadrant, int Runs, int WithDeltaR, double? MeanDeltaR);

/// <param name="Pairs">Number of runs with a known Δr.</param>
/// <param name="Rho">Spearman's ρ of PDI and Δr; null where it has none.</param>
/// <param name="P">Two-sided, by permutation.</param>
internal sealed record RhoRow(int Pairs, double? Rho, double? P);

/// <param name="Exec">Weight of φexec.</param>
/// <param name="Plan">Weight of φplan.</param>
/// <param name="Oss">Weight of φoss.</param>
/// <param name="RhoToEqual">Spearman's ρ to the index with equal weights.</param>
/// <param name="RhoToDeltaR">Spearman's ρ to Δr; null where it is not known.</param>
/// <param name="SignsKept">Share of runs whose index keeps its sign.</param>
internal sealed record SweepRow(double Exec, double Plan, double Oss, double? RhoToEqual, double? RhoToDeltaR, double SignsKept);

/// <summary>The offline index of finished runs and what goes with it (docs/architecture.md, "The offline index").</summary>
internal sealed record PdiAnalysis(
    IReadOnlyList<RankedRun> Runs, double? MedianPhiExec, double? MedianPhiPlan, IReadOnlyList<QuadrantRow> Quadrants, RhoRow Rho, IReadOnlyList<SweepRow> Sweep,
    WeightTrade? Trade)
{
    private const ulong Seed = 1;

    public static PdiAnalysis Of(IReadOnlyList<AnalyzedRun> runs, DeltaRTable deltas)
    {
        var compared = runs.Where(run => run is { Phi: not null, LeftOut: null }).ToList();
        if (compared.Count == 0)
        {
            return new PdiAnalysis([], null, null, [], new RhoRow(0, null, null), [], null);
        }

        Phi[] phis = [.. compared.Select(run => run.Phi!.Value)];
        var index = OfflinePdi.Index(phis);
        double exec = Descriptive.Median(phis.Select(phi => phi.Exec)), plan = Descriptive.Median(phis.Select(phi => phi.Plan));
        RankedRun[] ranked = [.. compared.Select((run, at) => new RankedRun(
            run.Model, run.Task, run.Reflections, phis[at].Exec, phis[at].Plan, phis[at].Oss, index[at], OfflinePdi.Quadrant(phis[at], exec, plan), deltas.Of(run)))];
        int[] known = [.. Enumerable.Range(0, ranked.Length).Where(at => ranked[at].DeltaR is not null)];
        double[] worth = [.. known.Select(at => ranked[at].DeltaR!.Value)];
        double[] pdi = [.. known.Select(at => index[at])];
        return new PdiAnalysis(
            ranked, exec, plan,
            [.. Enum.GetValues<PdiQuadrant>().Select(quadrant => Row(quadrant, ranked))],
            new RhoRow(known.Length, Spearman.Rho(pdi, worth), Spearman.PermutationP(pdi, worth, Seed)),
            [.. OfflinePdi.Sweep().Select(weights => Row(weights, phis, index, known, worth))],
            WeightTrade.Of([.. known.Select(at => new GainedRun(ranked[at].Task, phis[at], ranked[at].DeltaR!.Value))]));
    }

    private static QuadrantRow Row(PdiQuadrant quadrant, RankedRun[] runs)
    {
        var inside = runs.Where(run => run.Quadrant == quadrant).ToList();
        List<double> known = [.. inside.Select(run => run.DeltaR).OfType<double>()];
        return new QuadrantRow(quadrant, inside.Count, known.Count, known.Count == 0 ? null : Descriptive.Mean(known));
    }

    private static SweepRow Row(PdiWeights weights, Phi[] phis, IReadOnlyList<double> equal, int[] known, double[] worth)
    {
        var index = OfflinePdi.Index(phis, weights);
        return new SweepRow(
            weights.Exec, weights.Plan, weights.Oss,
            Spearman.Rho(index, equal),
            Spearman.Rho([.. known.Select(at => index[at])], worth),
            index.Where((value, at) => Math.Sign(value) == Math.Sign(equal[at])).Count() / (double)phis.Length);
    }
}

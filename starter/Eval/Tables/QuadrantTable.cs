using System.Text.Json;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Pictures;
using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Pdi.Analysis;

namespace Spark.Temporal.Starter.Eval.Tables;

/// <param name="Quadrant">Which.</param>
/// <param name="Runs">Runs in it.</param>
/// <param name="WithDeltaR">Those whose skill was tried against the baseline.</param>
/// <param name="MeanDeltaR">Mean over them of the mean Δr over students, −1 to 1; null for none.</param>
/// <param name="WithHuman">Runs whose skill was tried against one of people.</param>
/// <param name="MeanGapToHuman">Mean over them of generated − human, −1 to 1; null for none.</param>
internal sealed record QuadrantGainRow(PdiQuadrant Quadrant, int Runs, int WithDeltaR, double? MeanDeltaR, int WithHuman, double? MeanGapToHuman);

/// <summary>What skills of each quadrant of the offline index gain, and how far they are from people's (docs/architecture.md, "Tables of evaluations").</summary>
internal static class QuadrantTable
{
    /// <param name="runs">Runs that made the skills, as <see cref="RunAnalyzer"/> read them.</param>
    /// <param name="summaries">Evaluations of these skills.</param>
    /// <exception cref="CliException">No run can be compared, or none has a Δr.</exception>
    public static EvalTable Of(IReadOnlyList<AnalyzedRun> runs, IReadOnlyList<EvaluationSummary> summaries)
    {
        var gaps = DeltaRTable.Of(summaries, EvaluationArm.Human);
        var analysis = PdiAnalysis.Of(runs, DeltaRTable.Of(summaries, EvaluationArm.Baseline));
        if (analysis.Rho.Pairs == 0)
        {
            throw new CliException(
                $"none of the {analysis.Runs.Count} runs compared has a Δr in these summaries; their skills must come from the models and tasks of --runs "
                + $"({string.Join(", ", analysis.Runs.Select(run => run.Model).Distinct().Order(StringComparer.Ordinal).Take(5))})");
        }

        QuadrantGainRow[] rows = [.. analysis.Quadrants.Select(quadrant =>
        {
            List<double> known = [.. analysis.Runs.Where(run => run.Quadrant == quadrant.Quadrant).Select(run => gaps.Of(run.Model, run.Task)).OfType<double>()];
            return new QuadrantGainRow(
                quadrant.Quadrant, quadrant.Runs, quadrant.WithDeltaR, quadrant.MeanDeltaR, known.Count, known.Count == 0 ? null : Descriptive.Mean(known));
        })];
        return new EvalTable(
            "quadrants", "Gain of skills by quadrant of the offline index",
            [
                new("quadrant", "quadrant"), new("runs", "runs"), new("with Δr", "with_delta_r"), new("mean Δr", "mean_delta_r", TableColumn.Difference),
                new("with human", "with_human"), new("generated - human", "mean_gap_to_human", TableColumn.Difference),
            ],
            [.. rows.Select(row => (object?[])[Name(row.Quadrant), row.Runs, row.WithDeltaR, row.MeanDeltaR, row.WithHuman, row.MeanGapToHuman])],
            [
                $"Split at the medians φexec {analysis.MedianPhiExec:0.0000} and φplan {analysis.MedianPhiPlan:0.0000} of {analysis.Runs.Count} runs; {runs.Count - analysis.Runs.Count} runs without a pass, a skill or a plan left out.",
                "A run's Δr and gap are means over students.",
                .. analysis.Rho.Rho is { } rho ? (string[])[$"Spearman's ρ between PDI and Δr: {rho:0.000}, p = {analysis.Rho.P:0.0000} by permutation, {analysis.Rho.Pairs} runs."] : [],
            ],
            [.. rows],
            () => SvgRows.Draw(
                "Gain of skills by quadrant of the offline index",
                [.. rows.Select(row => PdiQuadrants.Name(row.Quadrant))],
                [new("mean Δr", [.. rows.Select(row => row.MeanDeltaR)]), new("generated - human", [.. rows.Select(row => row.MeanGapToHuman)])],
                SvgChart.Around([0, .. rows.SelectMany(row => (double?[])[row.MeanDeltaR, row.MeanGapToHuman]).OfType<double>()], 0.1)));
    }

    private static string Name(PdiQuadrant quadrant) => JsonNamingPolicy.KebabCaseLower.ConvertName(quadrant.ToString());
}

using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Pdi.Analysis;

namespace Spark.Temporal.Starter.Pdi;

/// <summary>Prints an analysis for people and for programs.</summary>
internal sealed class PdiAnalyzeReport(CliOutput output, PdiAnalysis analysis, IReadOnlyList<AnalyzedRun> runs, IReadOnlyList<string> pictures)
{
    public void Json() => output.Json(Document());

    /// <summary>The same document as a file.</summary>
    public Task KeepAsync(string path, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(path, JsonSerializer.Serialize(Document(), SparkJson.Indented) + "\n", cancellationToken);

    public void Text()
    {
        output.Line("    PDI   φexec   φplan    φoss       Δr  quadrant    task");
        foreach (var run in analysis.Runs.OrderByDescending(run => run.Pdi))
        {
            output.Line($"{run.Pdi,7:0.000} {run.PhiExec,7:0.0000} {run.PhiPlan,7:0.0000} {run.PhiOss,7:0.0000} {Number(run.DeltaR, "+0.000;-0.000"),8}  {Quadrant(run.Quadrant),-10}  {run.Model}/{run.Task}");
        }

        if (analysis.Runs.Count > 0)
        {
            output.Line();
            output.Line($"quadrant     runs  mean Δr   split at the medians φexec {analysis.MedianPhiExec:0.0000}, φplan {analysis.MedianPhiPlan:0.0000}");
            foreach (var row in analysis.Quadrants)
            {
                output.Line($"{Quadrant(row.Quadrant),-10}  {row.Runs,5}  {Number(row.MeanDeltaR, "+0.000;-0.000"),7}");
            }

            output.Line();
            output.Line(analysis.Rho.Rho is { } rho
                ? $"Spearman's ρ between PDI and Δr: {rho:0.000}, p = {analysis.Rho.P:0.0000} by permutation, {analysis.Rho.Pairs} runs"
                : $"Spearman's ρ between PDI and Δr: cannot be computed from {analysis.Rho.Pairs} runs with Δr (--delta-r, --eval)");
            output.Line(Sweep());
            output.Line(Trade());
        }

        foreach (var run in runs.Where(run => run.LeftOut is not null))
        {
            var exec = run.Phi is { } phi ? $" (φexec {phi.Exec:0.0000})" : "";
            output.Line($"left out: {run.Model}/{run.Task}: {run.LeftOut}{exec}");
        }

        var damaged = runs.Sum(run => run.Damaged.Count);
        output.Line($"{analysis.Runs.Count} of {runs.Count} runs compared, {damaged} damaged {(damaged == 1 ? "line" : "lines")}");
        foreach (var picture in pictures)
        {
            output.Line(picture);
        }
    }

    private string Sweep()
    {
        double[] alike = [.. analysis.Sweep.Select(row => row.RhoToEqual).OfType<double>()];
        double[] worth = [.. analysis.Sweep.Select(row => row.RhoToDeltaR).OfType<double>()];
        var first = alike.Length == 0 ? "nothing to rank" : $"ρ to equal weights {alike.Min():0.000} to {alike.Max():0.000}";
        return $"{analysis.Sweep.Count} weightings from 0.5 to 2: {first}{(worth.Length == 0 ? "" : $", ρ to Δr {worth.Min():0.000} to {worth.Max():0.000}")}";
    }

    private string Trade()
    {
        if (analysis.Trade is not { } trade)
        {
            return $"cross-validation of the weights: needs Δr of {WeightTrade.LeastTasks} tasks (--delta-r, --eval)";
        }

        var most = trade.Chosen[0];
        return $"cross-validation, each of {trade.Folds} tasks left out once: ρ to Δr {Number(trade.RhoHeldOut, "0.000")} by weights chosen without the task, "
            + $"{Number(trade.RhoEqual, "0.000")} by equal weights; the best of the sweep, on the runs it is chosen by, {Number(trade.RhoBest, "0.000")}; "
            + $"chosen most often: exec {most.Weights.Exec}, plan {most.Weights.Plan}, oss {most.Weights.Oss} ({most.Folds} of {trade.Folds})";
    }

    private object Document() => new
    {
        analysis.Runs,
        analysis.MedianPhiExec,
        analysis.MedianPhiPlan,
        analysis.Quadrants,
        analysis.Rho,
        analysis.Sweep,
        CrossValidation = analysis.Trade is not { } trade ? null : new
        {
            trade.Folds,
            trade.Runs,
            trade.RhoBest,
            trade.RhoHeldOut,
            trade.RhoEqual,
            Chosen = trade.Chosen.Select(row => new { row.Weights.Exec, row.Weights.Plan, row.Weights.Oss, row.Folds }),
        },
        LeftOut = runs.Where(run => run.LeftOut is not null).Select(run => new { run.Model, run.Task, run.File, Reason = run.LeftOut, PhiExec = run.Phi?.Exec }),
        DamagedLines = runs.SelectMany(run => run.Damaged.Select(damaged => new { run.File, damaged.Line, damaged.Problem })),
        Pictures = pictures,
    };

    private static string Quadrant(PdiQuadrant quadrant) => JsonNamingPolicy.KebabCaseLower.ConvertName(quadrant.ToString());

    private static string Number(double? value, string format) => value is { } number ? number.ToString(format) : "-";
}

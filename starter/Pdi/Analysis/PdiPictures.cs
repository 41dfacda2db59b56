using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Pictures;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Pdi.Analysis;

/// <summary>Draws an analysis, each picture as an SVG file.</summary>
internal static class PdiPictures
{
    // More names than this would overlap.
    private const int MaxNames = 40;

    /// <summary>Most lines for which each still has a name and marks.</summary>
    private const int MaxLines = 12;

    private static readonly string[] Quadrants = [SvgPicture.Good, "#2b6cb0", "#8a8a8a", "#c2410c"];

    /// <summary>Writes every picture for which there are data.</summary>
    /// <returns>The files.</returns>
    /// <exception cref="CliException">The folder cannot be written.</exception>
    public static IReadOnlyList<string> Write(string folder, PdiAnalysis analysis, IReadOnlyList<AnalyzedRun> runs)
    {
        List<string> files = [];
        try
        {
            Directory.CreateDirectory(folder);
            if (runs.Any(run => run.Snapshots.Count > 0))
            {
                files.Add(Save(Attempts(runs), folder, "pdi-attempts"));
            }

            if (analysis.Runs.Count > 0)
            {
                files.Add(Save(Plane(analysis), folder, "pdi-plane"));
            }

            if (analysis.Rho.Pairs > 0)
            {
                files.Add(Save(Worth(analysis), folder, "pdi-delta-r"));
            }
        }
        catch (Exception mistake) when (mistake is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"pictures cannot be written to {folder}: {mistake.Message}; choose another folder with --out");
        }

        return files;
    }

    private static SvgChart Attempts(IReadOnlyList<AnalyzedRun> runs)
    {
        var drawn = runs.Where(run => run.Snapshots.Count > 0).ToList();
        var snapshots = drawn.SelectMany(run => run.Snapshots).ToList();
        var chart = new SvgChart(
            "PDI over attempts", "attempt", "weighted PDI (proxy)",
            SvgChart.Around([.. snapshots.Select(at => at.Attempt + 1.0)], 0.05),
            SvgChart.Around([.. snapshots.Select(at => at.WeightedPdi), PdiTracker.Threshold], 0.08),
            wholeX: true);
        var few = drawn.Count <= MaxLines;
        foreach (var (run, place) in drawn.Select((run, place) => (run, place)))
        {
            chart.Line([.. run.Snapshots.Select(at => (at.Attempt + 1.0, at.WeightedPdi))], SvgPicture.Color(place), few ? 0.75 : 0.25, few, few ? run.Task : null);
        }

        chart.Across(PdiTracker.Threshold, SvgPicture.Ink, 1.5, $"threshold {PdiTracker.Threshold}");
        Triggers(chart, snapshots, InterventionLevel.Soft, ChartMark.Dot, "#d69e00", "soft trigger");
        Triggers(chart, snapshots, InterventionLevel.Strong, ChartMark.Diamond, SvgPicture.Bad, "strong trigger");
        return chart;
    }

    private static void Triggers(SvgChart chart, List<PdiSnapshot> snapshots, InterventionLevel level, ChartMark mark, string color, string name)
    {
        List<(double, double)> points = [.. snapshots.Where(at => at.Level == level).Select(at => (at.Attempt + 1.0, at.WeightedPdi))];
        if (points.Count > 0)
        {
            chart.Points(points, color, mark, name);
        }
    }

    private static SvgChart Plane(PdiAnalysis analysis)
    {
        var chart = new SvgChart(
            "What was done and what was planned, in the skill", "φplan", "φexec",
            SvgChart.Around([.. analysis.Runs.Select(run => run.PhiPlan)], 0.12), SvgChart.Around([.. analysis.Runs.Select(run => run.PhiExec)], 0.12));
        chart.Upwards(analysis.MedianPhiPlan!.Value, "#9ca3af");
        chart.Across(analysis.MedianPhiExec!.Value, "#9ca3af");
        Points(chart, analysis.Runs, run => (run.PhiPlan, run.PhiExec));
        return chart;
    }

    private static SvgChart Worth(PdiAnalysis analysis)
    {
        var rho = analysis.Rho.Rho is { } value ? $"Spearman's ρ = {value:0.00}, p = {analysis.Rho.P:0.000}, {analysis.Rho.Pairs} runs" : $"{analysis.Rho.Pairs} runs";
        var runs = analysis.Runs.Where(run => run.DeltaR is not null).ToList();
        var chart = new SvgChart(
            $"Δr against PDI ({rho})", "PDI", "Δr",
            SvgChart.Around([.. runs.Select(run => run.Pdi)], 0.12), SvgChart.Around([.. runs.Select(run => run.DeltaR!.Value), 0], 0.12));
        chart.Across(0, "#9ca3af");
        Points(chart, runs, run => (run.Pdi, run.DeltaR!.Value));
        return chart;
    }

    /// <summary>One dot per run, in the colour of its quadrant, with its task's name where there is room for names.</summary>
    private static void Points(SvgChart chart, IReadOnlyList<RankedRun> runs, Func<RankedRun, (double X, double Y)> at)
    {
        foreach (var quadrant in runs.GroupBy(run => run.Quadrant).OrderBy(group => group.Key))
        {
            chart.Points(quadrant.Select(at), Quadrants[(int)quadrant.Key], ChartMark.Dot, PdiQuadrants.Name(quadrant.Key));
        }

        foreach (var run in runs.Count <= MaxNames ? runs : [])
        {
            chart.Name(at(run).X, at(run).Y, run.Task);
        }
    }

    private static string Save(SvgChart chart, string folder, string name)
    {
        var path = Path.Combine(folder, name + ".svg");
        File.WriteAllText(path, chart.ToString());
        return path;
    }
}

using ScottPlot;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Pdi.Analysis;

/// <summary>Draws an analysis, each picture as PNG and SVG. Lines are solid: the SVG writer knows no dashes.</summary>
internal static class PdiPictures
{
    private const int Width = 1_000;
    private const int Height = 640;

    // More names than this cover each other.
    private const int MaxNames = 40;

    private static readonly Color[] Quadrants = [Color.FromHex("#1b7f4b"), Color.FromHex("#2b6cb0"), Color.FromHex("#8a8a8a"), Color.FromHex("#c2410c")];

    /// <summary>Writes every picture that there is something for.</summary>
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
                files.AddRange(Save(Attempts(runs), folder, "pdi-attempts"));
            }

            if (analysis.Runs.Count > 0)
            {
                files.AddRange(Save(Plane(analysis), folder, "pdi-plane"));
            }

            if (analysis.Rho.Pairs > 0)
            {
                files.AddRange(Save(Worth(analysis), folder, "pdi-delta-r"));
            }
        }
        catch (Exception mistake) when (mistake is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"pictures cannot be written to {folder}: {mistake.Message}; choose another folder with --out");
        }

        return files;
    }

    private static Plot Attempts(IReadOnlyList<AnalyzedRun> runs)
    {
        var plot = Titled("PDI over attempts", "attempt", "weighted PDI (proxy)");
        var drawn = runs.Where(run => run.Snapshots.Count > 0).ToList();
        foreach (var run in drawn)
        {
            var line = plot.Add.Scatter(run.Snapshots.Select(at => at.Attempt + 1.0).ToArray(), run.Snapshots.Select(at => at.WeightedPdi).ToArray());
            line.MarkerSize = drawn.Count <= 20 ? 4 : 0;
            line.Color = line.Color.WithAlpha(drawn.Count <= 20 ? 0.75 : 0.2);
            line.LegendText = drawn.Count <= 12 ? run.Task : "";
        }

        Triggers(plot, drawn, InterventionLevel.Soft, MarkerShape.FilledCircle, Color.FromHex("#d69e00"), "soft trigger");
        Triggers(plot, drawn, InterventionLevel.Strong, MarkerShape.FilledDiamond, Color.FromHex("#b91c1c"), "strong trigger");
        var threshold = plot.Add.HorizontalLine(PdiTracker.Threshold, 1.5f, Colors.Black, LinePattern.Solid);
        threshold.LegendText = $"threshold {PdiTracker.Threshold}";
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        plot.ShowLegend(Edge.Right);
        return plot;
    }

    private static void Triggers(Plot plot, List<AnalyzedRun> runs, InterventionLevel level, MarkerShape shape, Color color, string name)
    {
        var points = runs.SelectMany(run => run.Snapshots).Where(at => at.Level == level).Select(at => new Coordinates(at.Attempt + 1, at.WeightedPdi)).ToArray();
        if (points.Length > 0)
        {
            plot.Add.Markers(points, shape, 11, color).LegendText = name;
        }
    }

    private static Plot Plane(PdiAnalysis analysis)
    {
        var plot = Titled("What was done and what was planned, in the skill", "φplan", "φexec");
        plot.Add.VerticalLine(analysis.MedianPhiPlan!.Value, 1, Colors.Gray, LinePattern.Solid);
        plot.Add.HorizontalLine(analysis.MedianPhiExec!.Value, 1, Colors.Gray, LinePattern.Solid);
        foreach (var quadrant in analysis.Runs.GroupBy(run => run.Quadrant).OrderBy(group => group.Key))
        {
            Points(plot, [.. quadrant.Select(run => (new Coordinates(run.PhiPlan, run.PhiExec), run.Task))], Quadrants[(int)quadrant.Key], PdiQuadrants.Name(quadrant.Key), analysis.Runs.Count,
                analysis.Runs.Min(run => run.PhiPlan), analysis.Runs.Max(run => run.PhiPlan));
        }

        plot.Axes.Margins(0.3, 0.12);
        plot.ShowLegend(Edge.Right);
        return plot;
    }

    private static Plot Worth(PdiAnalysis analysis)
    {
        var rho = analysis.Rho.Rho is { } value ? $"Spearman's ρ = {value:0.00}, p = {analysis.Rho.P:0.000}, {analysis.Rho.Pairs} runs" : $"{analysis.Rho.Pairs} runs";
        var plot = Titled($"Δr against PDI ({rho})", "PDI", "Δr");
        plot.Add.HorizontalLine(0, 1, Colors.Gray, LinePattern.Solid);
        foreach (var quadrant in analysis.Runs.Where(run => run.DeltaR is not null).GroupBy(run => run.Quadrant).OrderBy(group => group.Key))
        {
            Points(plot, [.. quadrant.Select(run => (new Coordinates(run.Pdi, run.DeltaR!.Value), run.Task))], Quadrants[(int)quadrant.Key], PdiQuadrants.Name(quadrant.Key), analysis.Rho.Pairs,
                analysis.Runs.Min(run => run.Pdi), analysis.Runs.Max(run => run.Pdi));
        }

        plot.Axes.Margins(0.3, 0.12);
        plot.ShowLegend(Edge.Right);
        return plot;
    }

    private static void Points(Plot plot, (Coordinates At, string Name)[] points, Color color, string name, int all, double least, double most)
    {
        plot.Add.Markers(points.Select(point => point.At).ToArray(), MarkerShape.FilledCircle, 10, color).LegendText = name;
        var middle = (least + most) / 2;
        foreach (var point in all <= MaxNames ? points : [])
        {
            // Towards the middle, so that a long name is not cut off at the frame.
            var text = plot.Add.Text(point.Name, point.At);
            text.LabelFontSize = 12;
            text.LabelAlignment = point.At.X > middle ? Alignment.LowerRight : Alignment.LowerLeft;
            text.OffsetY = -8;
        }
    }

    private static Plot Titled(string title, string x, string y)
    {
        var plot = new Plot();
        plot.Add.Palette = new ScottPlot.Palettes.Category20();
        // The default font may lack Greek letters.
        var font = Fonts.Detect("φρΔ");
        plot.Font.Set(font);
        plot.Title(title);
        plot.XLabel(x);
        plot.YLabel(y);
        plot.Font.Set(font);
        return plot;
    }

    private static IEnumerable<string> Save(Plot plot, string folder, string name)
    {
        string png = Path.Combine(folder, name + ".png"), svg = Path.Combine(folder, name + ".svg");
        plot.SavePng(png, Width, Height);
        plot.SaveSvg(svg, Width, Height);
        return [png, svg];
    }
}

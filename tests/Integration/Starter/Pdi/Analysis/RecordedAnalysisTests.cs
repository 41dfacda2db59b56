using System.Diagnostics;
using System.Text.Json.Nodes;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Pdi.Analysis;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Pdi.Analysis;

/// <summary>The offline index of the recorded public runs, computed twice.</summary>
public sealed class RecordedAnalysisTests
{
    [TestCase(WithoutPlan.Leave, 4)]
    [TestCase(WithoutPlan.Zero, 8)]
    public async Task A_second_computation_in_another_language_agrees(object without, int compared)
    {
        var root = Requires.SharedData("spark-trajectories");
        Requires.Command("python3");
        var other = await PythonAsync(root, (WithoutPlan)without == WithoutPlan.Zero);
        var runs = await RunAnalyzer.ReadAllAsync([root], (WithoutPlan)without, new CliOutput(TextWriter.Null, TextWriter.Null), CancellationToken.None);

        var analysis = PdiAnalysis.Of(runs, new DeltaRTable([]));

        Assert.That(runs, Has.Count.EqualTo(16));
        Assert.That(runs.Count(run => run.LeftOut == "no passing attempt"), Is.EqualTo(8));
        Assert.That(
            runs.Where(run => run is { Phi: not null, LeftOut: not null }).Select(run => run.Task),
            Is.EqualTo(compared == 8 ? [] : new[] { "citation-check", "court-form-filling", "dialogue-parser", "exoplanet-detection-period" }),
            "these passed at the first attempt");
        Assert.That(analysis.Runs.Select(run => run.Task), Is.EquivalentTo(other.Select(run => run.Key)));
        Assert.That(analysis.Runs, Has.Count.EqualTo(compared));
        foreach (var run in analysis.Runs)
        {
            var second = other[run.Task]!;
            Assert.That(run.PhiExec, Is.EqualTo((double)second["exec"]!).Within(1e-9), $"exec of {run.Task}");
            Assert.That(run.PhiPlan, Is.EqualTo((double)second["plan"]!).Within(1e-9), $"plan of {run.Task}");
            Assert.That(run.PhiOss, Is.EqualTo((double)second["oss"]!).Within(1e-9), $"oss of {run.Task}");
            Assert.That(run.Pdi, Is.EqualTo((double)second["pdi"]!).Within(1e-7), $"PDI of {run.Task}");
        }
    }

    private static async Task<JsonObject> PythonAsync(string root, bool zero)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Support", "Scripts", "offline_pdi.py");
        using var process = Process.Start(new ProcessStartInfo("python3", [script, root, .. zero ? (string[])["zero"] : []]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var mistakes = process.StandardError.ReadToEndAsync();
        var printed = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, await mistakes);
        return JsonNode.Parse(printed)!.AsObject();
    }
}

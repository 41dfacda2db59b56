using System.CommandLine;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Pdi.Analysis;

namespace Spark.Temporal.Starter.Pdi;

/// <summary><c>spark pdi analyze</c>: the offline index of finished runs.</summary>
internal static class PdiAnalyzeCommand
{
    public static Command Create(CliOutput output)
    {
        var folders = Folders();
        var json = CommonOptions.Json();
        var deltaR = new Option<string?>("--delta-r") { Description = "A CSV file with columns task and delta_r; also model and student where there are several." };
        var evaluations = new Option<string[]>("--eval") { Description = "summary.json of evaluations, to take Δr from.", AllowMultipleArgumentsPerToken = true };
        var without = WithoutPlanOption.Create();
        var outDir = new Option<string?>("--out") { Description = "Write pictures (SVG) and analysis.json into this folder." };
        var command = new Command(
            "analyze",
            """
            Compute the posterior distillation index of finished runs: how far each skill repeats what was done and planned,
            whether the index predicts the skill's gain (Δr), and how much depends on the weights, also on tasks that did not
            help to choose them. Runs without a pass, a skill or a plan are listed but left out of the comparison.

            Example:
              spark pdi analyze skills_gen_result --eval skills_eval_result/gpt-5-mini/first/summary.json --out pdi
            """)
        {
            folders, deltaR, evaluations, without, outDir, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var deltas = await DeltaRTable.ReadAsync(parsed.GetValue(deltaR), parsed.GetValue(evaluations) ?? [], cancellationToken);
            var runs = await RunAnalyzer.ReadAllAsync(parsed.GetValue(folders)!, WithoutPlanOption.Of(parsed.GetValue(without)), output, cancellationToken);
            var analysis = PdiAnalysis.Of(runs, deltas);
            var files = parsed.GetValue(outDir) is { } folder ? PdiPictures.Write(folder, analysis, runs) : [];
            var report = new PdiAnalyzeReport(output, analysis, runs, files);
            if (parsed.GetValue(outDir) is { } kept)
            {
                await report.KeepAsync(Path.Combine(kept, "analysis.json"), cancellationToken);
            }

            if (parsed.GetValue(json))
            {
                report.Json();
            }
            else
            {
                report.Text();
            }

            return analysis.Runs.Count > 0 ? ExitCodes.Good : output.Fail("none of the runs has a passing attempt, a skill and a plan, so there is nothing to compare; --without-plan zero takes runs that never planned");
        });
        return command;
    }

    /// <summary>The runs that both commands read.</summary>
    public static Argument<string[]> Folders() => new("DIR")
    {
        Arity = ArgumentArity.OneOrMore,
        Description = "skills_gen_result, or a folder laid out as <model>/<task>/{trajectory.jsonl, SKILL.md}; or a part of one.",
    };
}

using System.CommandLine;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Pdi.Analysis;

namespace Spark.Temporal.Starter.Pdi;

/// <summary><c>spark pdi select</c>: the tasks whose runs had a low index, to be run again.</summary>
internal static class PdiSelectCommand
{
    public static Command Create(CliOutput output)
    {
        var folders = PdiAnalyzeCommand.Folders();
        var below = new Option<double>("--below") { Description = "An index, such as 0 for the runs below the mean.", Required = true };
        var least = new Option<int>("--min-reflections")
        {
            Description = "Fewest reflections of a run that is named. No intervention can fire before the second, so runs with fewer would run the same again.",
            DefaultValueFactory = _ => 2,
        };
        var without = WithoutPlanOption.Create();
        var json = CommonOptions.Json();
        var command = new Command(
            "select",
            """
            Print the tasks whose finished runs have an offline PDI below a bound, one per line, for --tasks @FILE. Only runs
            with at least two reflections are named, unless --min-reflections asks for others.

            Example:
              spark pdi select --below -0.5 skills_gen_result/gpt-5 > low.txt
              spark skills run --tasks-dir tasks --tasks @low.txt --model gpt-5
            """)
        {
            folders, below, least, without, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var runs = await RunAnalyzer.ReadAllAsync(parsed.GetValue(folders)!, WithoutPlanOption.Of(parsed.GetValue(without)), output, cancellationToken);
            var analysis = PdiAnalysis.Of(runs, new DeltaRTable([]));
            var low = analysis.Runs.Where(run => run.Pdi < parsed.GetValue(below)).ToList();
            var tooFew = low.Count(run => run.Reflections < parsed.GetValue(least));
            string[] tasks = [.. low.Where(run => run.Reflections >= parsed.GetValue(least)).Select(run => run.Task).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            if (parsed.GetValue(json))
            {
                output.Json(new
                {
                    Below = parsed.GetValue(below),
                    MinReflections = parsed.GetValue(least),
                    Tasks = tasks,
                    Compared = analysis.Runs.Count,
                    TooFewReflections = tooFew,
                    LeftOut = runs.Count - analysis.Runs.Count,
                });
                return ExitCodes.Good;
            }

            foreach (var task in tasks)
            {
                output.Line(task);
            }

            output.Note($"{tasks.Length} tasks of {analysis.Runs.Count} runs compared; {runs.Count - analysis.Runs.Count} runs without a pass, a skill or a plan left out"
                + (tooFew == 0 ? "" : $"; {tooFew} runs below the bound have fewer than {parsed.GetValue(least)} reflections (--min-reflections)"));
            return ExitCodes.Good;
        });
        return command;
    }
}

using System.CommandLine;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Pdi.Trajectories;

namespace Spark.Temporal.Starter.Pdi;

/// <summary><c>spark pdi</c>: the posterior distillation index of finished runs.</summary>
internal static class PdiCommands
{
    /// <summary>A file that is not a trajectory at all would fill the screen.</summary>
    private const int DamagedShown = 5;

    public static Command Create(CliOutput output)
    {
        var group = new Command("pdi", "The posterior distillation index of finished runs.");
        group.Add(Replay(output));
        group.Add(PdiAnalyzeCommand.Create(output));
        group.Add(PdiSelectCommand.Create(output));
        return group;
    }

    private static Command Replay(CliOutput output)
    {
        var files = Files();
        var method = Method();
        var json = new Option<bool>("--json") { Description = "Print one JSON document on standard output and nothing else there." };
        var command = new Command(
            "replay",
            """
            Compute every PDI proxy snapshot of recorded runs again and compare it with the recorded one.
            Exits 0 only if all agree, 1 otherwise.

            Example:
              spark pdi replay skills_gen_result/gpt-5/3d-scan-calc/trajectory.jsonl
              spark pdi replay skills_gen_result --pdi-method js_divergence --json
            """)
        {
            files, method, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            List<ReplayedRun> replayed = [];
            var report = new PdiReplayReport(output);
            foreach (var path in TrajectoryFiles.Find(parsed.GetValue(files)!))
            {
                var run = await ReadAsync(path, output, cancellationToken);
                var result = PdiReplay.Replay(run, Chosen(parsed.GetValue(method)), await ExpectedPdi.BesideAsync(path, cancellationToken));
                replayed.Add(result with { Run = run.WithoutTexts() });
                if (!parsed.GetValue(json))
                {
                    report.Run(replayed[^1]);
                }
            }

            if (parsed.GetValue(json))
            {
                report.Json(replayed);
            }
            else
            {
                report.Sum(replayed);
            }

            return replayed.All(run => run.Agrees) ? ExitCodes.Good : ExitCodes.Failed;
        });
        return command;
    }

    private static Argument<string[]> Files() => new("FILE")
    {
        Arity = ArgumentArity.OneOrMore,
        Description = "A trajectory.jsonl, or a folder that holds one or many.",
    };

    private static Option<string?> Method()
    {
        var method = new Option<string?>("--pdi-method")
        {
            Description = "How texts are compared. Default: the method the run was recorded with, else token_overlap.",
        };
        method.AcceptOnlyFromAmong(PdiMethods.TokenOverlap, PdiMethods.JsDivergence);
        return method;
    }

    private static PdiMethod? Chosen(string? name) => PdiMethods.TryParse(name, out var method) ? method : null;

    private static async Task<RecordedRun> ReadAsync(string path, CliOutput output, CancellationToken cancellationToken)
    {
        var run = await TrajectoryFiles.ReadAsync(path, cancellationToken);
        foreach (var damaged in run.DamagedLines.Take(DamagedShown))
        {
            output.Note($"{path}, line {damaged.Line}: {damaged.Problem}; left out");
        }

        if (run.DamagedLines.Count > DamagedShown)
        {
            output.Note($"{path}: {run.DamagedLines.Count - DamagedShown} more such lines");
        }

        return run.Events > 0 ? run : throw new CliException($"{path} holds no events, so it is not a run's trajectory.jsonl; name another file");
    }
}

using System.CommandLine;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;

namespace Spark.Temporal.Starter.Worlds;

/// <summary><c>spark tasks world</c>: text worlds as Harbor tasks.</summary>
internal static class TasksWorldCommand
{
    public static Command Create(CliOutput output)
    {
        var count = RunSettings.Positive(new Option<int?>("--count") { Description = "How many tasks. Default: 6, or every game of --alfworld." });
        var seed = new Option<ulong>("--seed") { Description = "The same seed makes the same tasks.", DefaultValueFactory = _ => 1 };
        var kinds = new Option<string[]>("--kind")
        {
            Description = $"Only these kinds of errands: {string.Join(", ", HouseholdGenerator.Kinds)}.",
            AllowMultipleArgumentsPerToken = true,
        }.AcceptOnlyFromAmong([.. HouseholdGenerator.Kinds]);
        var alfworld = new Option<string?>("--alfworld") { Description = "Wrap the games of an ALFWorld data folder (what ALFWORLD_DATA names) instead." };
        var split = new Option<string?>("--split") { Description = "Only games of this part of it, such as valid_unseen." };
        var into = new Option<string>("--out") { Description = "Folder under which the tasks are written.", DefaultValueFactory = _ => "worlds" };
        var json = CommonOptions.Json();
        var command = new Command(
            "world",
            """
            Make text worlds: households in which an agent runs an errand by the command act. Each is a Harbor task with its
            own solution; the verifier plays the environment's record again, so that only actions count.

            Example:
              spark tasks world --count 12 --seed 7 --out worlds
              spark tasks world --alfworld "$ALFWORLD_DATA" --split valid_unseen --out alfworld
            """)
        {
            count, seed, kinds, alfworld, split, into, json,
        };
        command.SetAction(parsed =>
        {
            var folder = Path.GetFullPath(parsed.GetValue(into)!);
            var source = parsed.GetValue(alfworld) is { } data ? new AlfWorldFolder(Path.GetFullPath(data)) : null;
            var chosen = parsed.GetValue(kinds) is { Length: > 0 } some ? some.Distinct().ToList() : HouseholdGenerator.Kinds;
            var tasks = source is not null
                ? source.Read(parsed.GetValue(split)).Where(task => chosen.Contains(task.Kind)).Take(parsed.GetValue(count) ?? int.MaxValue)
                : HouseholdTasks.Make(parsed.GetValue(count) ?? HouseholdGenerator.Kinds.Count, parsed.GetValue(seed), chosen);
            var written = tasks.Select(task => (task.Name, task.Kind, Solved: task.Solution is not null, Dir: task.Write(folder))).ToList();
            Print(written, source?.LeftOut ?? [], folder, parsed.GetValue(json), output);
            return written.Count > 0 ? ExitCodes.Good : ExitCodes.Failed;
        });
        return command;
    }

    private static void Print(
        List<(string Name, string Kind, bool Solved, string Dir)> written, IReadOnlyList<string> leftOut, string folder, bool json, CliOutput output)
    {
        if (json)
        {
            output.Json(new { Tasks = written.Select(task => new { Task = task.Name, task.Kind, task.Dir, HasSolution = task.Solved }), LeftOut = leftOut });
            return;
        }

        foreach (var task in written)
        {
            output.Line($"{task.Name}{(task.Solved ? "" : "  (no solution: the oracle cannot play it)")}");
        }

        foreach (var game in leftOut)
        {
            output.Note($"left out {game}");
        }

        output.Line($"{written.Count} tasks in {folder}");
    }
}

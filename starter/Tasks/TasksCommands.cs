using System.CommandLine;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Worlds;
using Spark.Temporal.Wire.TaskFiles;

namespace Spark.Temporal.Starter.Tasks;

/// <summary><c>spark tasks</c>: Harbor tasks on disk.</summary>
internal static class TasksCommands
{
    public static Command Create(CliOutput output) =>
        new("tasks", "Harbor tasks on disk.")
        { Check(output), TasksProveCommand.Create(output), TasksCreateCommand.Create(output), TasksVaryCommand.Create(output), TasksWorldCommand.Create(output), TasksShowCommands.List(output), TasksShowCommands.Show(output) };

    private static Command Check(CliOutput output)
    {
        var folders = new Argument<string[]>("DIR")
        {
            Description = "A task, or a folder of tasks at any depth.",
            Arity = ArgumentArity.OneOrMore,
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON document on standard output and nothing else there." };
        var command = new Command(
            "check",
            """
            Read Harbor tasks as a run would and list every finding with file and line. Nothing is built.
            Exits 0 if no task has an error, 1 if one has, 2 if a folder does not exist.

            Example:
              spark tasks check tasks/3d-scan-calc
              spark tasks check tasks --json
            """)
        {
            folders, json,
        };
        command.SetAction(parsed =>
        {
            var named = parsed.GetValue(folders)!;
            if (named.FirstOrDefault(folder => !Directory.Exists(folder)) is { } missing)
            {
                throw new CliException($"there is no folder '{missing}'; name the folder of a task or of tasks", ExitCodes.Usage);
            }

            List<ScannedTask> tasks = [.. named.SelectMany(TaskScan.Find)];
            if (parsed.GetValue(json))
            {
                PrintJson(tasks, output);
            }
            else
            {
                PrintText(tasks, output);
            }

            return tasks.TrueForAll(task => task.Read.IsValid) ? ExitCodes.Good : ExitCodes.Failed;
        });
        return command;
    }

    private static void PrintText(List<ScannedTask> tasks, CliOutput output)
    {
        foreach (var task in tasks)
        {
            var folder = Shown(task.Directory);
            output.Line($"{(task.Read.IsValid ? "ok   " : "error")} {folder}");
            foreach (var finding in task.Read.Findings)
            {
                output.Line($"  {(folder == "." ? "" : folder + "/")}{finding}");
            }
        }

        var broken = tasks.Count(task => !task.Read.IsValid);
        output.Line($"{tasks.Count} checked, {broken} with errors");
    }

    private static void PrintJson(List<ScannedTask> tasks, CliOutput output) => output.Json(new
    {
        Checked = tasks.Count,
        WithErrors = tasks.Count(task => !task.Read.IsValid),
        Tasks = tasks.Select(task => new
        {
            Task = task.Name,
            Dir = task.Directory,
            task.Read.QualifiedName,
            Valid = task.Read.IsValid,
            Findings = task.Read.Findings,
            Settings = task.Read.IsValid ? task.Read.Settings : null,
        }),
    });

    /// <summary>The shorter of the path from the working folder and the absolute one.</summary>
    private static string Shown(string folder)
    {
        var relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), folder);
        return relative.Length <= folder.Length ? relative : folder;
    }
}

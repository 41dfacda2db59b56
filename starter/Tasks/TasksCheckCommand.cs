using System.CommandLine;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Wire.TaskFiles;

namespace Spark.Temporal.Starter.Tasks;

/// <summary><c>spark tasks check</c>: what a run would say of tasks, and a summary by class.</summary>
internal static class TasksCheckCommand
{
    public static Command Create(CliOutput output)
    {
        var folders = new Argument<string[]>("DIR")
        {
            Description = "A task, or a folder of tasks at any depth.",
            Arity = ArgumentArity.OneOrMore,
        };
        var errorsOnly = new Option<bool>("--errors-only") { Description = "List only the tasks that cannot run; the summary stays." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document on standard output and nothing else there." };
        var command = new Command(
            "check",
            """
            Read Harbor tasks as a run would and list every error with file and line; of a single task also warnings and notes.
            Ends with a summary: how many can run, how many cannot and why, each kind of warning and note, and folders that were
            not searched. Nothing is built. Exits 0 if no task has an error, 1 if one has, 2 if a folder does not exist.

            Example:
              spark tasks check tasks/3d-scan-calc
              spark tasks check tasks --errors-only
              spark tasks check tasks --json
            """)
        {
            folders, errorsOnly, json,
        };
        command.SetAction(parsed =>
        {
            var named = parsed.GetValue(folders)!;
            if (named.FirstOrDefault(folder => !Directory.Exists(folder)) is { } missing)
            {
                throw new CliException($"there is no folder '{missing}'; name the folder of a task or of tasks", ExitCodes.Usage);
            }

            var census = new TaskCensus();
            List<ScannedTask> listed = [];
            List<SkippedFolder> skipped = [.. named.SelectMany(folder => TaskScan.Find(folder, Take))];
            if (parsed.GetValue(json))
            {
                PrintJson(listed, census, skipped, output);
            }
            else
            {
                PrintText(listed, census, skipped, output);
            }

            return census.Ready == census.Checked ? ExitCodes.Good : ExitCodes.Failed;

            void Take(ScannedTask task)
            {
                census.Add(task.Name, task.Read);
                if (!parsed.GetValue(errorsOnly) || !task.Read.IsValid)
                {
                    listed.Add(task);
                }
            }
        });
        return command;
    }

    private static void PrintText(List<ScannedTask> listed, TaskCensus census, List<SkippedFolder> skipped, CliOutput output)
    {
        var single = census.Checked == 1;
        foreach (var task in listed)
        {
            var folder = TaskFolders.Shown(task.Directory);
            output.Line($"{(task.Read.IsValid ? "ok   " : "error")} {folder}");
            foreach (var finding in task.Read.Findings.Where(finding => single || finding.Severity == FindingSeverity.Error))
            {
                output.Line($"  {(folder == "." ? "" : folder + "/")}{finding}");
            }
        }

        if (!single)
        {
            PrintClasses(census, output);
        }

        foreach (var folders in SkippedFolders.Of(skipped))
        {
            output.Line(folders.Words(TaskFolders.Shown));
        }

        output.Line($"{census.Checked} checked, {census.Checked - census.Ready} with errors");
    }

    private static void PrintClasses(TaskCensus census, CliOutput output)
    {
        output.Line();
        output.Line($"{census.Ready} ready");
        foreach (var tasks in census.Refused)
        {
            output.Line($"{tasks}");
        }

        foreach (var note in census.Notes)
        {
            output.Line($"{note.Count} with {(note.Severity == FindingSeverity.Warning ? "warning" : "note")}: {note.Kind}: {string.Join(", ", note.Examples)}{(note.Count > note.Examples.Count ? ", …" : "")}");
        }
    }

    private static void PrintJson(List<ScannedTask> listed, TaskCensus census, List<SkippedFolder> skipped, CliOutput output) => output.Json(new
    {
        census.Checked,
        WithErrors = census.Checked - census.Ready,
        census.Ready,
        census.Refused,
        census.Notes,
        Skipped = SkippedFolders.Of(skipped),
        Tasks = listed.Select(task => new
        {
            Task = task.Name,
            Dir = task.Directory,
            task.Read.QualifiedName,
            Valid = task.Read.IsValid,
            task.Read.Findings,
            Settings = task.Read.IsValid ? task.Read.Settings : null,
        }),
    });
}

using System.CommandLine;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Wire.TaskFiles;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.RunOptions;

/// <summary>The tasks that a command runs. A task that cannot run is refused, or left out of a batch, before anything is started.</summary>
internal static class TaskFolders
{
    /// <summary>Refused tasks whose findings are shown.</summary>
    private const int MostRefusals = 20;

    /// <exception cref="CliException">It is not a folder, or not a task that can run; the message has every finding.</exception>
    public static ScannedTask One(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new CliException($"there is no folder '{folder}'; name the folder of a Harbor task", ExitCodes.Usage);
        }

        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var task = new ScannedTask(path, TaskPackageReader.Read(TaskFolderReader.Read(path)));
        return task.Read.IsValid ? task : throw new CliException(task.Refusal());
    }

    /// <summary>The option that refuses a folder of which only a part can run.</summary>
    public static Option<bool> Strict() => new("--strict") { Description = "Start nothing where a task cannot run, instead of leaving that task out." };

    /// <summary>The tasks that a batch will have, chosen by the same rules as on the workers.</summary>
    /// <param name="source">Where they are.</param>
    /// <param name="strict">Refuse the whole where one of them cannot run.</param>
    /// <exception cref="CliException">None can run, or one cannot and that is refused.</exception>
    public static TaskChoice Select(BatchSource source, bool strict = false)
    {
        var chosen = Chosen(() => BatchSelection.Tasks(source));
        return strict && chosen.Refused.Count > 0
            ? throw new CliException(
                string.Join('\n', chosen.Refused.Take(MostRefusals).Select(task => task.Refusal()))
                + (chosen.Refused.Count > MostRefusals ? $"\nand {chosen.Refused.Count - MostRefusals} more; spark tasks check --errors-only shows all" : ""),
                ExitCodes.Usage)
            : chosen;
    }

    /// <summary>Says, before anything starts, which tasks are left out and which folders gave none.</summary>
    public static void Tell(TaskChoice chosen, CliOutput output)
    {
        if (chosen.LeftOut.Count > 0)
        {
            output.Note($"Left out: {LeftOutTasks.Words(chosen.LeftOut)}. {chosen.Tasks.Count} run. --strict refuses instead.");
            foreach (var tasks in chosen.LeftOut)
            {
                output.Note($"  {tasks}");
            }
        }

        foreach (var folders in SkippedFolders.Of(chosen.Skipped))
        {
            output.Note(folders.Words(Shown));
        }
    }

    /// <summary>The same at the end, as part of what a command prints.</summary>
    public static void Print(IReadOnlyList<LeftOutTasks>? leftOut, CliOutput output)
    {
        if (leftOut is not { Count: > 0 })
        {
            return;
        }

        output.Line($"left out: {LeftOutTasks.Words(leftOut)}");
        foreach (var tasks in leftOut)
        {
            output.Line($"  {tasks}");
        }
    }

    /// <summary>The shorter of the path from the working folder and the absolute one.</summary>
    public static string Shown(string folder)
    {
        var relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), folder);
        return relative.Length <= folder.Length ? relative : folder;
    }

    /// <summary>The prompt files that a batch will have.</summary>
    /// <exception cref="CliException">There are none.</exception>
    public static IReadOnlyList<PromptPath> Prompts(BatchSource source) => Chosen(() => BatchSelection.Prompts(source));

    /// <summary>The recorded runs that a batch will re-enact.</summary>
    /// <exception cref="CliException">There are none.</exception>
    public static IReadOnlyList<RecordingPath> Recordings(BatchSource source) => Chosen(() => BatchSelection.Recordings(source));

    private static T Chosen<T>(Func<T> choose)
    {
        try
        {
            return choose();
        }
        catch (Exception mistake) when (mistake is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new CliException(mistake.Message, ExitCodes.Usage);
        }
    }
}

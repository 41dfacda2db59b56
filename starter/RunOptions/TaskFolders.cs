using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Wire.TaskFiles;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.RunOptions;

/// <summary>The tasks that a command runs; a task that cannot run is refused before anything is started.</summary>
internal static class TaskFolders
{
    /// <exception cref="CliException">It is not a folder, or not a task that can run; the message has every finding.</exception>
    public static ScannedTask One(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new CliException($"there is no folder '{folder}'; name the folder of a Harbor task", ExitCodes.Usage);
        }

        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var task = new ScannedTask(path, TaskPackageReader.Read(TaskFolderReader.Read(path)));
        return task.Read.IsValid ? task : throw new CliException(Refusal(task));
    }

    /// <summary>The tasks that a batch will have, chosen by the same rules as on the workers.</summary>
    /// <exception cref="CliException">There are none, or one of them cannot run.</exception>
    public static IReadOnlyList<ScannedTask> Select(BatchSource source)
    {
        var chosen = Chosen(() => BatchSelection.Tasks(source));
        return chosen.Where(task => !task.Read.IsValid).ToList() is { Count: > 0 } broken
            ? throw new CliException(string.Join('\n', broken.Select(Refusal)))
            : chosen;
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

    private static string Refusal(ScannedTask task) =>
        $"{task.Directory} cannot run:\n" + string.Join('\n', task.Read.Errors.Select(finding => $"  {finding}"));
}

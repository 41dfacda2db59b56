using System.IO.Enumeration;
using Spark.Temporal.Starter.Tasks;
using Spark.Temporal.TaskFiles;
using Spark.Temporal.Workflows.Domain.Tasks;

namespace Spark.Temporal.Starter.Runs;

/// <summary>Which tasks a command is to run; what cannot run is refused before anything is started.</summary>
internal static class TaskFolders
{
    /// <exception cref="CliException">It is no folder, or not a task that can run; every finding in the message.</exception>
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

    /// <summary>The tasks below a folder that a selection leaves.</summary>
    /// <param name="folder">A folder of tasks, or one task.</param>
    /// <param name="patterns">Names with wildcards; empty for all.</param>
    /// <param name="limit">At most so many, null for all.</param>
    /// <exception cref="CliException">There are none, or one of them cannot run.</exception>
    public static IReadOnlyList<ScannedTask> Select(string folder, IReadOnlyList<string> patterns, int? limit)
    {
        if (!Directory.Exists(folder))
        {
            throw new CliException($"there is no folder '{folder}'; name a folder of Harbor tasks with --tasks-dir", ExitCodes.Usage);
        }

        var found = TaskScan.Find(Path.GetFullPath(folder)).OrderBy(task => task.Name, StringComparer.Ordinal).ToList();
        var chosen = found
            .Where(task => patterns.Count == 0 || patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, task.Name)))
            .Take(limit ?? int.MaxValue)
            .ToList();
        if (chosen.Count == 0)
        {
            throw new CliException(
                found.Count == 0 ? $"no Harbor task under '{folder}'" : $"none of the {found.Count} tasks under '{folder}' is called {string.Join(" or ", patterns)}",
                ExitCodes.Usage);
        }

        if (chosen.GroupBy(task => task.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new CliException($"two tasks are called '{twice.Key}': {string.Join(" and ", twice.Select(task => task.Directory))}; choose with --tasks-dir", ExitCodes.Usage);
        }

        if (chosen.Where(task => !task.Read.IsValid).ToList() is { Count: > 0 } broken)
        {
            throw new CliException(string.Join('\n', broken.Select(Refusal)));
        }

        return chosen;
    }

    private static string Refusal(ScannedTask task) =>
        $"{task.Directory} cannot run:\n" + string.Join('\n', task.Read.Errors.Select(finding => $"  {finding}"));
}

using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Wire.TaskFiles;

/// <summary>A folder that was taken for a task, and what the reader says of it.</summary>
/// <param name="Directory">Absolute path.</param>
/// <param name="Read">What the reader found.</param>
public sealed record ScannedTask(string Directory, TaskReadResult Read)
{
    /// <summary>The name the task has in workflow ids.</summary>
    public string Name { get; } = PlainText.Slug(Path.GetFileName(Directory));
}

/// <summary>Finds tasks in a folder of tasks. A folder that cannot be read becomes a finding, never an exception.</summary>
public static class TaskScan
{
    private const string TaskFile = "task.toml";
    private const int MostLevels = 8;

    /// <summary>Parts of a task: a file called task.toml in there belongs to the task's data.</summary>
    private static readonly HashSet<string> PartsOfTasks =
        new(["environment", "tests", "solution", "steps", "node_modules", "__pycache__"], StringComparer.Ordinal);

    /// <summary>
    /// The task that a folder is, or all tasks below it, by path. Hidden folders, those whose name starts with an
    /// underscore, links and the inside of a task are not searched.
    /// </summary>
    public static IReadOnlyList<ScannedTask> Find(string folder)
    {
        var tasks = new List<ScannedTask>();
        Scan(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), 0, tasks);
        if (tasks.Count == 0)
        {
            tasks.Add(new ScannedTask(Path.GetFullPath(folder), Unreadable(TaskFile, "is missing here and in every folder below", "name the folder of a Harbor task, or a folder of such folders")));
        }

        return MarkSameNames(tasks);
    }

    private static void Scan(string folder, int level, List<ScannedTask> tasks)
    {
        try
        {
            if (LooksLikeTask(folder))
            {
                var read = TaskPackageReader.Read(TaskFolderReader.Read(folder));
                tasks.Add(new ScannedTask(folder, read));
                if (read.IsHarborTask)
                {
                    return;
                }
            }

            if (level == MostLevels)
            {
                return;
            }

            foreach (var child in new DirectoryInfo(folder).EnumerateDirectories().OrderBy(child => child.Name, StringComparer.Ordinal))
            {
                if (child.LinkTarget is null && child.Name[0] is not ('.' or '_') && !PartsOfTasks.Contains(child.Name))
                {
                    Scan(child.FullName, level + 1, tasks);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            tasks.Add(new ScannedTask(folder, Unreadable(".", PlainText.OneLine(failure.Message, 300), "make the folder readable")));
        }
    }

    /// <summary>By its task file; or by everything else that makes a task, so that a missing task file is reported.</summary>
    private static bool LooksLikeTask(string folder) =>
        File.Exists(Path.Combine(folder, TaskFile))
        || (File.Exists(Path.Combine(folder, TaskPackageReader.Instruction))
            && (Path.Exists(Path.Combine(folder, TaskPackageReader.Environment)) || Path.Exists(Path.Combine(folder, TaskPackageReader.Tests))));

    private static TaskReadResult Unreadable(string file, string message, string remedy) =>
        new(null, null, null, [new TaskFinding(FindingSeverity.Error, file, 0, message, remedy)]);

    /// <summary>Two tasks whose folders give the same name cannot be in one batch.</summary>
    private static List<ScannedTask> MarkSameNames(List<ScannedTask> tasks)
    {
        var first = new Dictionary<string, string>(StringComparer.Ordinal);
        return [.. tasks.Select(task => first.TryAdd(task.Name, task.Directory)
            ? task
            : task with
            {
                Read = task.Read with
                {
                    Findings =
                    [
                        .. task.Read.Findings,
                        new TaskFinding(FindingSeverity.Warning, TaskFile, 0, $"the folder gives the same task name, {task.Name}, as {first[task.Name]}", "rename one of them to run both in one batch"),
                    ],
                },
            })];
    }
}

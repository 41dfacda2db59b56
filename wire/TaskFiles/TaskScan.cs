using Spark.Temporal.Domain.Budgets;
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

    /// <summary>About how many tokens its instruction has. Thousands of tasks are held at once, so the instruction itself is not kept by a scan.</summary>
    public int InstructionTokens { get; } = TokenEstimate.Of(Read.Instruction);

    /// <summary>Why it cannot run, with every error on a line.</summary>
    public string Refusal() => $"{Directory} cannot run:\n" + string.Join('\n', Read.Errors.Select(finding => $"  {finding}"));
}

/// <summary>Finds tasks in a folder of tasks. A folder that cannot be read becomes a finding, never an exception.</summary>
public sealed class TaskScan
{
    /// <summary>Levels of folders that are searched.</summary>
    public const int MostLevels = 8;

    private const string TaskFile = "task.toml";

    /// <summary>Folders that tools fill, with any number of files in them.</summary>
    private static readonly HashSet<string> OfTools = new(["node_modules", "__pycache__"], StringComparer.Ordinal);

    private readonly Action<ScannedTask> _found;
    private readonly List<SkippedFolder> _skipped = [];
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    private TaskScan(Action<ScannedTask> found) => _found = found;

    /// <summary>
    /// The task that a folder is, or all tasks below it, by path; each is handed over once it is read. The inside of a task is not
    /// searched: what is called task.toml in there belongs to its data.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="found">Called for each task, and for what cannot be read.</param>
    /// <returns>The folders that were not searched, or in which no task is.</returns>
    public static IReadOnlyList<SkippedFolder> Find(string folder, Action<ScannedTask> found)
    {
        var scan = new TaskScan(found);
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (!scan.Search(root, 0))
        {
            scan.Found(root, Unreadable(TaskRefusal.NotATask, TaskFile, "is missing here and in every folder below", "name the folder of a Harbor task, or a folder of such folders"));
        }

        return scan._skipped;
    }

    /// <returns>Whether anything was handed over.</returns>
    private bool Search(string folder, int level)
    {
        try
        {
            var isTask = LooksLikeTask(folder);
            if (isTask)
            {
                var read = TaskPackageReader.Read(TaskFolderReader.Read(folder));
                Found(folder, read);
                if (read.IsHarborTask)
                {
                    return true;
                }
            }

            List<string> empty = [];
            var any = false;
            foreach (var child in new DirectoryInfo(folder).EnumerateDirectories().OrderBy(child => child.Name, StringComparer.Ordinal))
            {
                if (Reason(child, level) is { } reason)
                {
                    _skipped.Add(new SkippedFolder(child.FullName, reason));
                }
                else
                {
                    // A folder with a part that was not searched may hold tasks; that part is named.
                    var skippedBefore = _skipped.Count;
                    if (Search(child.FullName, level + 1))
                    {
                        any = true;
                    }
                    else if (_skipped.Count == skippedBefore)
                    {
                        empty.Add(child.FullName);
                    }
                }
            }

            // The highest folder without a task is named, not every one below it; the parts of another tool's task are none.
            if (any && !isTask)
            {
                _skipped.AddRange(empty.Select(none => new SkippedFolder(none, SkipReason.NoTask)));
            }

            return any || isTask;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Found(folder, Unreadable(TaskRefusal.Unreadable, ".", PlainText.OneLine(failure.Message, 300), "make the folder readable"));
            return true;
        }
    }

    /// <summary>Why a folder is not searched; null where it is.</summary>
    private static SkipReason? Reason(DirectoryInfo folder, int level) =>
        folder.Name[0] == '.' ? SkipReason.Hidden
        : OfTools.Contains(folder.Name) ? SkipReason.OfTool
        : folder.Name[0] == '_' ? SkipReason.Underscore
        : folder.LinkTarget is not null ? SkipReason.Link
        : level == MostLevels ? SkipReason.TooDeep
        : null;

    /// <summary>Hands a task over. Two tasks whose folders give the same name cannot be in one batch.</summary>
    private void Found(string folder, TaskReadResult read)
    {
        var scanned = new ScannedTask(folder, read);
        var task = scanned with { Read = read with { Instruction = null } };
        _found(_names.TryAdd(task.Name, folder) ? task : task with
        {
            Read = task.Read with
            {
                Findings =
                [
                    .. read.Findings,
                    new TaskFinding(FindingSeverity.Warning, TaskFile, 0, $"the folder gives the same task name, '{task.Name}', as {_names[task.Name]}", "rename one of them to run both in one batch"),
                ],
            },
        });
    }

    /// <summary>By its task file; or by everything else that makes a task, so that a missing task file is reported.</summary>
    private static bool LooksLikeTask(string folder) =>
        File.Exists(Path.Combine(folder, TaskFile))
        || (File.Exists(Path.Combine(folder, TaskPackageReader.Instruction))
            && (Path.Exists(Path.Combine(folder, TaskPackageReader.Environment)) || Path.Exists(Path.Combine(folder, TaskPackageReader.Tests))));

    private static TaskReadResult Unreadable(TaskRefusal refusal, string file, string message, string remedy) =>
        new(null, null, null, [new TaskFinding(FindingSeverity.Error, file, 0, message, remedy) { Refusal = refusal }]);
}

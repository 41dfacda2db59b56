using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Wire.TaskFiles;

/// <summary>The tasks of a batch.</summary>
/// <param name="Tasks">Those that can run, in the order in which they start; no two have one name.</param>
/// <param name="Refused">Those that cannot, with their errors.</param>
/// <param name="LeftOut">The same by class and reason.</param>
/// <param name="Skipped">Folders that gave no task.</param>
public sealed record TaskChoice(
    IReadOnlyList<ScannedTask> Tasks, IReadOnlyList<ScannedTask> Refused, IReadOnlyList<LeftOutTasks> LeftOut, IReadOnlyList<SkippedFolder> Skipped)
{
    /// <summary>No task, as of a batch that needs none.</summary>
    public static readonly TaskChoice None = new([], [], [], []);

    /// <param name="ordered">All candidates, in the order in which they would start.</param>
    /// <param name="limit">Most tasks to run.</param>
    /// <param name="skipped">Folders that gave no task.</param>
    internal static TaskChoice Of(IReadOnlyList<ScannedTask> ordered, int limit, IReadOnlyList<SkippedFolder> skipped)
    {
        // By path, so that a random order does not decide which of two tasks keeps their name.
        var holders = ordered.Where(task => task.Read.IsValid).GroupBy(task => task.Name, StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => same.MinBy(task => task.Directory, StringComparer.Ordinal)!.Directory, StringComparer.Ordinal);
        List<ScannedTask> tasks = [], refused = [];
        foreach (var task in ordered)
        {
            if (tasks.Count == limit)
            {
                break;
            }

            if (task.Read.IsValid && holders[task.Name] == task.Directory)
            {
                tasks.Add(task);
            }
            else
            {
                refused.Add(task.Read.IsValid ? Namesake(task, holders[task.Name]) : task);
            }
        }

        return new TaskChoice(tasks, refused, LeftOutTasks.Of(refused.Select(task => (task.Name, task.Read.Errors.First()))), skipped);
    }

    private static ScannedTask Namesake(ScannedTask task, string other) => task with
    {
        Read = task.Read with
        {
            Findings =
            [
                .. task.Read.Findings,
                new TaskFinding(FindingSeverity.Error, ".", 0, $"another task has the same name: {other}", "rename the folder of one of them") { Refusal = TaskRefusal.SameName },
            ],
        },
    };
}

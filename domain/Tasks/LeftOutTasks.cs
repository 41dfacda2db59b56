using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>Tasks that cannot run for one reason, so that a batch leaves them out.</summary>
public sealed record LeftOutTasks : OpenRecord
{
    /// <summary>Names that a line or a message holds of one reason.</summary>
    private const int MostNames = 10;

    /// <summary>Reasons that a message holds.</summary>
    private const int MostReasons = 20;

    private const int ReasonCharacters = 400;

    /// <summary>
    /// <c>not_a_task</c>, <c>unreadable</c>, <c>incomplete</c>, <c>invalid</c>, <c>unsupported</c>, <c>forbidden</c> or <c>same_name</c>; in
    /// messages also <c>other</c>, for reasons that have no place in them.
    /// </summary>
    public required string Class { get; init; }

    /// <summary>The first error of these tasks, without what only one of them wrote.</summary>
    public required string Reason { get; init; }

    public required int Count { get; init; }

    /// <summary>Their names, in order; in messages only the first of them.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>The tasks by class and reason: classes in the order of <see cref="TaskRefusal"/>, the most frequent reason of each first.</summary>
    /// <param name="tasks">Each task's name, and why it cannot run.</param>
    public static IReadOnlyList<LeftOutTasks> Of(IEnumerable<(string Name, TaskFinding Why)> tasks) =>
    [
        .. tasks
            .GroupBy(task => (Refusal: task.Why.Refusal ?? TaskRefusal.Invalid, Reason: PlainText.OneLine(FindingKind.WithRemedy(task.Why), ReasonCharacters)))
            .OrderBy(group => group.Key.Refusal).ThenByDescending(group => group.Count()).ThenBy(group => group.Key.Reason, StringComparer.Ordinal)
            .Select(group => new LeftOutTasks
            {
                Class = JsonNamingPolicy.SnakeCaseLower.ConvertName($"{group.Key.Refusal}"),
                Reason = group.Key.Reason,
                Count = group.Count(),
                Names = [.. group.Select(task => task.Name).Order(StringComparer.Ordinal)],
            }),
    ];

    /// <summary>As <see cref="Of"/>, of two lists.</summary>
    public static IReadOnlyList<LeftOutTasks> Joined(IReadOnlyList<LeftOutTasks> first, IReadOnlyList<LeftOutTasks> second) =>
    [
        .. first.Concat(second).GroupBy(tasks => (tasks.Class, tasks.Reason)).Select(same => same.First() with
        {
            Names = [.. same.SelectMany(tasks => tasks.Names).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        }).Select(tasks => tasks with { Count = tasks.Names.Count }),
    ];

    /// <summary>The same in a size that does not grow with the tasks, for messages; null for nothing. The counts stay.</summary>
    public static IReadOnlyList<LeftOutTasks>? Shortened(IReadOnlyList<LeftOutTasks> all)
    {
        if (all.Count == 0)
        {
            return null;
        }

        var kept = all.OrderByDescending(tasks => tasks.Count).Take(all.Count > MostReasons ? MostReasons - 1 : MostReasons).ToHashSet();
        var rest = all.Where(tasks => !kept.Contains(tasks)).ToList();
        return
        [
            .. all.Where(kept.Contains).Select(tasks => tasks with { Names = [.. tasks.Names.Take(MostNames)] }),
            .. rest.Count == 0 ? [] : new[]
            {
                new LeftOutTasks
                {
                    Class = "other",
                    Reason = $"{rest.Count} further reasons; the summary has all",
                    Count = rest.Sum(tasks => tasks.Count),
                    Names = [.. rest.SelectMany(tasks => tasks.Names).Take(MostNames)],
                },
            },
        ];
    }

    /// <summary>How many there are of each class: <c>12 tasks cannot run: 10 unsupported, 2 incomplete</c>.</summary>
    public static string Words(IReadOnlyList<LeftOutTasks> all)
    {
        var count = all.Sum(tasks => tasks.Count);
        var classes = all.GroupBy(tasks => tasks.Class).Select(group => $"{group.Sum(tasks => tasks.Count)} {ClassWords(group.Key)}");
        return $"{count} {(count == 1 ? "task" : "tasks")} cannot run: {string.Join(", ", classes)}";
    }

    /// <summary><c>10 unsupported: reason: names</c>, with the first of the names.</summary>
    public override string ToString()
    {
        var (shown, more) = (Names.Take(MostNames), Count - Math.Min(Names.Count, MostNames));
        return PlainText.OneLine($"{Count} {ClassWords(Class)}: {Reason}: {string.Join(", ", shown)}{(more > 0 ? $" and {more} more" : "")}", 2_000);
    }

    private static string ClassWords(string name) => name.Replace('_', ' ');
}

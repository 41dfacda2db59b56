namespace Spark.Temporal.Activities.Llm.Habits;

/// <summary>What is held about one endpoint with one model and API, by name.</summary>
internal sealed class HabitSet
{
    public static readonly HabitSet None = new([]);

    private readonly Dictionary<string, HabitEntry> _held;

    private HabitSet(Dictionary<string, HabitEntry> held) => _held = held;

    /// <summary>All that is held.</summary>
    public IReadOnlyList<HabitEntry> Entries => [.. _held.Values.OrderBy(entry => entry.Habit, StringComparer.Ordinal)];

    public HabitEntry? Of(string habit) => _held.GetValueOrDefault(habit);

    /// <summary>With one more entry, which may be that a habit is no longer held.</summary>
    public HabitSet With(HabitEntry entry)
    {
        var held = new Dictionary<string, HabitEntry>(_held, StringComparer.Ordinal);
        if (entry.Forgotten)
        {
            held.Remove(entry.Habit);
        }
        else
        {
            held[entry.Habit] = entry;
        }

        return new HabitSet(held);
    }
}

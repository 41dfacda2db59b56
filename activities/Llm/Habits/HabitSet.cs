namespace Spark.Temporal.Activities.Llm.Habits;

/// <summary>What is known about one endpoint with one model and API. Settings of the profile stand above it.</summary>
internal sealed class HabitSet
{
    public static readonly HabitSet None = new([]);

    private readonly Dictionary<string, Lesson> _held;

    private HabitSet(Dictionary<string, Lesson> held) => _held = held;

    /// <summary>What is held, by name.</summary>
    public IReadOnlyList<Lesson> Lessons => [.. _held.Values.OrderBy(lesson => lesson.Habit, StringComparer.Ordinal)];

    public bool NoTools => Has(HabitNames.Tools);

    public bool NoSchema => Has(HabitNames.Schema);

    /// <summary>Name of the field that limits a reply; null for the usual one.</summary>
    public string? TokenField => Of(HabitNames.TokenField)?.Value;

    /// <summary>Most tokens of a reply; null where no refusal named a limit.</summary>
    public int? ReplyLimit => Of(HabitNames.ReplyLimit)?.Number;

    /// <summary>The model's context in tokens; null where no refusal named it.</summary>
    public int? ContextTokens => Of(HabitNames.Context)?.Number;

    /// <summary>Fields of ours that are left out.</summary>
    public IEnumerable<string> LeftOut => _held.Keys.Where(name => name.StartsWith(HabitNames.Field, StringComparison.Ordinal)).Select(name => name[HabitNames.Field.Length..]);

    public bool Has(string habit) => _held.ContainsKey(habit);

    public Lesson? Of(string habit) => _held.GetValueOrDefault(habit);

    /// <summary>Whether a setting's value was refused: another value of it is tried anew.</summary>
    public bool Refuses(string habit, string value) => Of(habit) is { } lesson && lesson.Value == value;

    /// <summary>With one more lesson, which may be that another one is no longer held.</summary>
    public HabitSet With(Lesson lesson)
    {
        var held = new Dictionary<string, Lesson>(_held, StringComparer.Ordinal);
        if (lesson.Forgotten)
        {
            held.Remove(lesson.Habit);
        }
        else
        {
            held[lesson.Habit] = lesson;
        }

        return new HabitSet(held);
    }
}

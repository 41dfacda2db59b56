using System.Text.Json.Serialization;

namespace Spark.Temporal.Activities.Llm.Habits;

/// <summary>What one refusal taught about an endpoint, as it is kept.</summary>
/// <param name="Habit">Its name.</param>
/// <param name="Value">What goes with it: a number, a field, a value that is not taken; empty for nothing.</param>
/// <param name="Words">The provider's words that taught it.</param>
internal sealed record HabitEntry(string Habit, string Value, string Words)
{
    public DateTimeOffset At { get; init; }

    /// <summary>It is no longer held: something else was learned, or a person forgot it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Forgotten { get; init; }
}

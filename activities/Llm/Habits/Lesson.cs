using System.Globalization;
using System.Text.Json.Serialization;

namespace Spark.Temporal.Activities.Llm.Habits;

/// <summary>What one refusal taught about an endpoint.</summary>
/// <param name="Habit">One of <see cref="HabitNames"/>.</param>
/// <param name="Value">What goes with it: a number, a field, a value that is not taken; empty for nothing.</param>
/// <param name="Words">The provider's words that taught it.</param>
internal sealed record Lesson(string Habit, string Value, string Words)
{
    public DateTimeOffset At { get; init; }

    /// <summary>It is no longer held; set by a person.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Forgotten { get; init; }

    [JsonIgnore]
    public int? Number => int.TryParse(Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}

/// <summary>Names of habits, as a person reads and forgets them.</summary>
internal static class HabitNames
{
    /// <summary>The limit of a reply has the other name; the value is the field's.</summary>
    public const string TokenField = "token-field";

    /// <summary>The value of the temperature that is not taken is left out.</summary>
    public const string Temperature = "temperature";

    /// <summary>No tools: commands come as fenced blocks.</summary>
    public const string Tools = "no-tools";

    /// <summary>No schema for a reply.</summary>
    public const string Schema = "no-schema";

    /// <summary>The effort that is not taken is left out, or <c>none</c> is sent in its place (<see cref="NoEffort"/> behind it).</summary>
    public const string Effort = "effort";

    /// <summary>Behind an effort that was refused: leaving it out was refused too.</summary>
    public const string NoEffort = ":none";

    /// <summary>Most tokens of a reply.</summary>
    public const string ReplyLimit = "reply-limit";

    /// <summary>The model's context in tokens.</summary>
    public const string Context = "context";

    /// <summary>Begins the habit of leaving out one field of ours: <c>field:NAME</c>.</summary>
    public const string Field = "field:";

    /// <summary>What a habit does to requests, in words.</summary>
    public static string Effect(Lesson lesson) => lesson.Habit switch
    {
        TokenField => $"the limit of a reply is sent as {lesson.Value}",
        Temperature => $"temperature {lesson.Value} is left out",
        Tools => "no tools are offered; commands are read from fenced blocks",
        Schema => "no schema is sent; the prompt's text asks for the form of a reply",
        Effort when lesson.Value.EndsWith(NoEffort, StringComparison.Ordinal) => "the effort 'none' is sent",
        Effort => $"the effort '{lesson.Value}' is left out",
        ReplyLimit => $"a reply gets at most {lesson.Value} tokens",
        Context => $"the context is taken for {lesson.Value} tokens",
        _ when lesson.Habit.StartsWith(Field, StringComparison.Ordinal) => $"the field {lesson.Habit[Field.Length..]} is left out",
        _ => lesson.Value,
    };
}

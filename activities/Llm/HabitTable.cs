using System.Globalization;
using Spark.Temporal.Activities.Llm.Habits;
using static Spark.Temporal.Activities.Llm.EndpointHabits;

namespace Spark.Temporal.Activities.Llm;

/// <summary>The habits by name: how each is kept, and what it does to requests. A new one needs a row here, or it is forgotten with the process.</summary>
internal static class HabitTable
{
    /// <param name="Name">As a person reads and forgets it.</param>
    /// <param name="Effect">What it does; <c>{0}</c> is its value.</param>
    /// <param name="Get">Its value, empty for none; null where it is not held.</param>
    /// <param name="Set">Holds it.</param>
    internal sealed record Row(string Name, string Effect, Func<Habit, string?> Get, Func<Habit, string, Habit> Set)
    {
        /// <summary>It is of the moment: no other worker needs to know.</summary>
        public bool Fleeting { get; init; }
    }

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Flag("completion-tokens", "the limit of a reply is sent as max_completion_tokens", h => h.CompletionTokensField, h => h with { CompletionTokensField = true }),
        Flag("no-tools", "no tools are offered; commands are read from fenced blocks", h => h.NoTools, h => h with { NoTools = true }),
        Flag("no-schema", "no schema is sent; the prompt's text asks for the form of a reply", h => h.NoSchema, h => h with { NoSchema = true }),
        Flag("no-stream", "replies are not asked for as streams", h => h.NoStream, h => h with { NoStream = true }),
        Flag("stream-only", "replies are asked for as streams, whatever the setting says", h => h.StreamOnly, h => h with { StreamOnly = true }),
        Flag("no-stream-options", "a stream is not asked for its usage", h => h.NoStreamOptions, h => h with { NoStreamOptions = true }),
        Flag("answers-whole", "the first byte may take as long as the whole reply", h => h.AnswersWhole, h => h with { AnswersWhole = true }) with { Fleeting = true },
        Flag("responses-only", "the model is asked by the API Responses", h => h.ResponsesOnly, h => h with { ResponsesOnly = true }),
        Flag("no-reasoning-echo", "reasoning is not sent back", h => h.NoReasoningEcho, h => h with { NoReasoningEcho = true }),
        new("reasoning-fill", "each of the model's messages has reasoning, '{0}' where there was none", h => h.ReasoningFill, (h, value) => h with { ReasoningFill = value }),
        Flag("signature-fill", "tool calls without a signature get a placeholder", h => h.SignatureFill, h => h with { SignatureFill = true }),
        Flag("short-ids", "ids of tool calls have nine letters and digits", h => h.ShortIds, h => h with { ShortIds = true }),
        Flag("words-in-results", "words of the user stand in the tool's result before them", h => h.WordsInResults, h => h with { WordsInResults = true }),
        Flag("no-encrypted-reasoning", "encrypted reasoning is not asked for", h => h.NoEncryptedReasoning, h => h with { NoEncryptedReasoning = true }),
        Flag("thinking-budget", "thinking is asked for by a number of tokens", h => h.ThinkingBudget, h => h with { ThinkingBudget = true }),
        Flag("no-effort", "no effort is sent", h => h.NoEffort, h => h with { NoEffort = true }),
        Flag("no-cache-marks", "nothing is marked for the cache", h => h.NoCacheMarks, h => h with { NoCacheMarks = true }),
        Flag("no-cache-key", "no key for the cache is sent", h => h.NoCacheKey, h => h with { NoCacheKey = true }),
        new("reply-limit", "a reply gets at most {0} tokens", h => Text(h.ReplyLimit), (h, value) => h with { ReplyLimit = Number(value) }),
        new("context", "the model's context is taken for {0} tokens, where no setting says it", h => Text(h.ContextTokens), (h, value) => h with { ContextTokens = Number(value) }),
        new("temperature", "temperature {0} is left out", h => h.RefusedTemperature, (h, value) => h with { RefusedTemperature = value }),
        new("effort", "the effort '{0}' is left out", h => h.RefusedEffort, (h, value) => h with { RefusedEffort = value }),
        Flag("effort-none", "with tools the effort 'none' is sent", h => h.EffortNone, h => h with { EffortNone = true }),
        new("fields", "these fields are left out: {0}", h => h.FieldsLeftOut, (h, value) => h with { FieldsLeftOut = value }),
    ];

    /// <summary>What entries say; one of another version that has no row says nothing.</summary>
    public static Habit Read(HabitSet held) => Rows.Aggregate(
        Habit.Unknown, (habit, row) => held.Of(row.Name) is { } entry ? row.Set(habit, entry.Value) : habit);

    /// <summary>The entries that turn one state of knowledge into another, each with whether it is stored.</summary>
    public static IEnumerable<(HabitEntry Entry, bool Stored)> Changes(Habit before, Habit after, string words) =>
        from row in Rows
        let value = row.Get(after)
        where value != row.Get(before)
        select (new HabitEntry(row.Name, value ?? "", words) { Forgotten = value is null }, !row.Fleeting);

    /// <summary>What an entry does to requests, in words.</summary>
    public static string Effect(HabitEntry entry) => Rows.FirstOrDefault(row => row.Name == entry.Habit) is { } row
        ? string.Format(CultureInfo.InvariantCulture, row.Effect, entry.Value) : "of another version";

    private static Row Flag(string name, string effect, Func<Habit, bool> get, Func<Habit, Habit> set) => new(name, effect, habit => get(habit) ? "" : null, (habit, _) => set(habit));

    private static string? Text(int? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static int? Number(string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}

using Spark.Temporal.Activities.Llm.Habits;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// What the refusals of an endpoint showed about it, kept in the store by name (<see cref="HabitTable"/>), with the words that taught it.
/// </summary>
internal sealed class EndpointHabits(HabitBook book)
{
    /// <summary>What is known.</summary>
    public async Task<Habit> OfAsync(ModelEndpoint endpoint, CancellationToken cancellationToken) =>
        HabitTable.Read(await book.OfAsync(endpoint.Habits, cancellationToken));

    /// <summary>Keeps what a refusal changes.</summary>
    /// <param name="endpoint">Whose refusal.</param>
    /// <param name="change">What is known from now on.</param>
    /// <param name="words">The provider's words.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What is known with it.</returns>
    public async Task<Habit> LearnAsync(ModelEndpoint endpoint, Func<Habit, Habit> change, string words, CancellationToken cancellationToken)
    {
        var known = await OfAsync(endpoint, cancellationToken);
        foreach (var (entry, stored) in HabitTable.Changes(known, change(known), words))
        {
            known = HabitTable.Read(await book.LearnAsync(endpoint.Habits, entry, cancellationToken, stored));
        }

        return known;
    }

    /// <summary>All that is held, as a person reads it.</summary>
    public async Task<IReadOnlyList<HabitEntry>> EntriesAsync(ModelEndpoint endpoint, CancellationToken cancellationToken) =>
        (await book.OfAsync(endpoint.Habits, cancellationToken)).Entries;

    /// <summary>Forgets one habit by its name, or all.</summary>
    public Task<IReadOnlyList<HabitEntry>> ForgetAsync(ModelEndpoint endpoint, string? habit, CancellationToken cancellationToken) =>
        book.ForgetAsync(endpoint.Habits, habit, cancellationToken);

    /// <param name="CompletionTokensField">Wants <c>max_completion_tokens</c>.</param>
    /// <param name="NoTools">Knows no tools.</param>
    /// <param name="NoSchema">Takes no <c>response_format</c> with a schema.</param>
    internal sealed record Habit(bool CompletionTokensField = false, bool NoTools = false, bool NoSchema = false)
    {
        public static readonly Habit Unknown = new();

        /// <summary>Knows no streams.</summary>
        public bool NoStream { get; init; }

        /// <summary>Knows nothing but streams.</summary>
        public bool StreamOnly { get; init; }

        /// <summary>Takes no <c>stream_options</c>.</summary>
        public bool NoStreamOptions { get; init; }

        /// <summary>Answers with one body though a stream is asked for, so that the first byte is the last.</summary>
        public bool AnswersWhole { get; init; }

        /// <summary>The model is found at Responses only.</summary>
        public bool ResponsesOnly { get; init; }

        /// <summary>Refuses reasoning that is sent back.</summary>
        public bool NoReasoningEcho { get; init; }

        /// <summary>What stands for the reasoning of an assistant's message without any; null where the field may be left out.</summary>
        public string? ReasoningFill { get; init; }

        /// <summary>Wants a signature on tool calls that it did not write itself.</summary>
        public bool SignatureFill { get; init; }

        /// <summary>Wants ids of tool calls of nine letters and digits.</summary>
        public bool ShortIds { get; init; }

        /// <summary>Takes no words of the user right after a tool's result.</summary>
        public bool WordsInResults { get; init; }

        /// <summary>Gives no encrypted reasoning.</summary>
        public bool NoEncryptedReasoning { get; init; }

        /// <summary>Knows thinking by a number of tokens only.</summary>
        public bool ThinkingBudget { get; init; }

        /// <summary>Takes no word for how hard the model thinks.</summary>
        public bool NoEffort { get; init; }

        /// <summary>Takes no marks for its cache.</summary>
        public bool NoCacheMarks { get; init; }

        /// <summary>Takes no key for its cache.</summary>
        public bool NoCacheKey { get; init; }

        /// <summary>Most tokens of a reply; null where no refusal named a limit.</summary>
        public int? ReplyLimit { get; init; }

        /// <summary>The model's context in tokens; null where no refusal named it.</summary>
        public int? ContextTokens { get; init; }

        /// <summary>The temperature that is not taken; another one is tried anew.</summary>
        public string? RefusedTemperature { get; init; }

        /// <summary>The effort that is not taken; another one is tried anew.</summary>
        public string? RefusedEffort { get; init; }

        /// <summary>With tools the effort must be <c>none</c>, said outright.</summary>
        public bool EffortNone { get; init; }

        /// <summary>Fields of ours that are not taken, with blanks between; null for none.</summary>
        public string? FieldsLeftOut { get; init; }
    }
}

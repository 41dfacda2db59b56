using System.Collections.Concurrent;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// What the refusals of an endpoint showed about it. Kept for the life of the process: a refused request costs nothing, so it
/// can be learned again.
/// </summary>
internal sealed class EndpointHabits
{
    private readonly ConcurrentDictionary<string, Habit> _known = new(StringComparer.Ordinal);

    public Habit this[ModelEndpoint endpoint] => _known.GetValueOrDefault(KeyOf(endpoint), Habit.Unknown);

    public void Learn(ModelEndpoint endpoint, Func<Habit, Habit> change) =>
        _known.AddOrUpdate(KeyOf(endpoint), _ => change(Habit.Unknown), (_, habit) => change(habit));

    private static string KeyOf(ModelEndpoint endpoint) => $"{endpoint.BaseUrl} {endpoint.Model}";

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
    }
}

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
    }
}

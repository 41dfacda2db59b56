using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>What a person may do with an open batch or evaluation, as <see cref="OperatorHints"/> says it of a single run.</summary>
internal static class BatchHints
{
    /// <summary>One paragraph of Markdown.</summary>
    /// <param name="state">Its state.</param>
    public static string Render(BatchState state)
    {
        List<string> updates = state.Held switch
        {
            null => ["`Pause`", $$"""`SetParallelism` with `{"parallelism": {{2 * state.Parallelism}}}`"""],
            RunStates.Budget => [$"`RaiseBudget` with `{OperatorHints.Raised(state.Limit, state.Used)}`"],
            _ => ["`Resume`, without a value"],
        };
        if (state.Held is null && state.Limit is not { Usd: null, Tokens: null })
        {
            updates.Add($"`RaiseBudget` with `{OperatorHints.Raised(state.Limit, state.Used)}`");
        }

        if (state.TakesItems && state.Items.Counts is { } counts && counts.Failed + counts.Infrastructure > 0)
        {
            updates.Add("""`RetryFailed` with `{"which": "all"}`""");
        }

        return $"{(state.Held is not (null or RunStates.Paused or RunStates.Budget) ? "Fix what is wrong, then " : "")}{OperatorHints.Menu}{string.Join(", ", updates)}; or *Request Cancellation*.\n\n";
    }
}

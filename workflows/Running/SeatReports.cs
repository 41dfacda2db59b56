using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>What a run with a seat in a batch tells it. A batch that is gone changes nothing for the run.</summary>
internal static class SeatReports
{
    /// <summary>Runs, and tells the batch how it ended, also when it was cancelled or failed.</summary>
    /// <param name="seat">The run's seat; null for a run of its own, which tells nobody.</param>
    /// <param name="work">The run.</param>
    /// <param name="report">Its report.</param>
    /// <param name="usage">What it has used, for a run that does not come to a result.</param>
    public static async Task<T> AroundAsync<T>(BatchSeat? seat, Func<Task<T>> work, Func<string, string, T, ItemReport> report, Func<TokenUsage> usage)
    {
        try
        {
            var result = await work();
            await TellAsync(seat, batch => batch.ItemEndedAsync(report(Workflow.Info.WorkflowId, Workflow.Info.FirstExecutionRunId, result)));
            return result;
        }
        catch (Exception failure) when (seat is not null && (failure is FailureException || TemporalException.IsCanceledException(failure)))
        {
            await TellAsync(seat, batch => batch.ItemEndedAsync(ItemReport.Of(Workflow.Info.WorkflowId, Workflow.Info.FirstExecutionRunId, failure, usage())));
            throw;
        }
    }

    public static Task NewsAsync(BatchSeat? seat, TokenUsage usage, string? waiting) => TellAsync(
        seat, batch => batch.ItemNewsAsync(new ItemNews(Workflow.Info.WorkflowId, Workflow.Info.FirstExecutionRunId, usage, waiting)));

    private static async Task TellAsync(BatchSeat? seat, System.Linq.Expressions.Expression<Func<BatchWorkflow, Task>> signal)
    {
        if (seat is null)
        {
            return;
        }

        try
        {
            // By id alone: the batch may be in another run by now. Cancelling the run must not keep it from being told.
            await Workflow.GetExternalWorkflowHandle<BatchWorkflow>(seat.Batch).SignalAsync(signal, new() { CancellationToken = CancellationToken.None });
        }
        catch (FailureException)
        {
            // Closed or gone. A batch that starts again under its name asks the server.
        }
    }
}

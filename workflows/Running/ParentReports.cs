using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>
/// What a run tells the batch that started it, by the names of the batch's signals: the run does not know its workflow. A
/// batch that is gone changes nothing for the run.
/// </summary>
internal static class ParentReports
{
    /// <summary>Runs, and tells the batch how it ended, also when it was cancelled or failed.</summary>
    /// <param name="parent">The run's batch; null for a run of its own, which reports to no batch.</param>
    /// <param name="work">The run.</param>
    /// <param name="cancelled">What a cancelled run does before its batch hears of it.</param>
    /// <param name="usage">What it has used, for a run that does not come to a result.</param>
    public static async Task<T> AroundAsync<T>(ParentBatch? parent, Func<Task<T>> work, Func<Task> cancelled, Func<TokenUsage> usage)
        where T : class, IRunResult
    {
        try
        {
            var result = await UntilCancelledAsync(work, cancelled);
            await TellAsync(parent, BatchSignals.ItemEnded, () => ItemReport.Of(Workflow.Info.WorkflowId, Workflow.Info.FirstExecutionRunId, result));
            return result;
        }
        catch (Exception failure) when (failure is FailureException || TemporalException.IsCanceledException(failure))
        {
            if (!TemporalException.IsCanceledException(failure))
            {
                // A cancelled run has said so already.
                ClosingState.Declare(failure);
            }

            await TellAsync(
                parent, BatchSignals.ItemEnded, () => ItemReport.Of(Workflow.Info.WorkflowId, Workflow.Info.FirstExecutionRunId, failure, usage()));
            throw;
        }
    }

    /// <summary>What an open run has used and what it waits for; null while it goes on.</summary>
    public static Task NewsAsync(ParentBatch? parent, TokenUsage usage, string? waiting, string? cause = null, string? why = null) => TellAsync(
        parent,
        BatchSignals.ItemNews,
        () => new ItemNews(Workflow.Info.WorkflowId, Workflow.Info.FirstExecutionRunId, usage, waiting) { Cause = cause, Why = why });

    private static async Task<T> UntilCancelledAsync<T>(Func<Task<T>> work, Func<Task> cancelled)
    {
        try
        {
            return await work();
        }
        catch (Exception stop) when (TemporalException.IsCanceledException(stop))
        {
            await cancelled();
            throw;
        }
    }

    // By id alone: the batch may be in another run by now. A batch that starts again under its name asks the server.
    private static Task TellAsync(ParentBatch? parent, string signal, Func<object> message) =>
        parent is null ? Task.CompletedTask : QuietSignals.SendAsync(parent.Batch, signal, message());
}

using System.Linq.Expressions;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>
/// Steps of a batch that read or write its records. Where they cannot, the batch waits as its runs do: it says so, tries again by
/// itself, and at once on <c>Resume</c>. Nothing that ended is lost, also not by a batch that is cancelled meanwhile.
/// </summary>
internal static class BatchRecords
{
    /// <summary>Carries out a step until it succeeds.</summary>
    /// <param name="state">The batch.</param>
    /// <param name="activity">The step.</param>
    /// <param name="summary">For the web UI.</param>
    public static async Task<T> RunAsync<TActivities, T>(BatchState state, Expression<Func<TActivities, Task<T>>> activity, string summary)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                var result = await Workflow.ExecuteActivityAsync(activity, ActivityProfiles.Batches(summary));
                if (tries > 0)
                {
                    state.RecordsThere();
                }

                return result;
            }
            catch (ActivityFailureException failure) when (!TemporalException.IsCanceledException(failure))
            {
                var retried = state.RecordsAway(ActivityFailures.Words(failure));
                await Workflow.WaitConditionWithOptionsAsync(new(() => state.Retries != retried)
                {
                    Timeout = Outages.Pause(state.WaitUnitSec, tries),
                    TimeoutSummary = $"{RunStates.Results}: before it is tried again",
                    CancellationToken = CancellationToken.None,
                });
            }
        }
    }
}

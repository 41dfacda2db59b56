using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>Signals between runs, by id: a run that is closed or gone changes nothing for the one that tells it.</summary>
internal static class QuietSignals
{
    /// <summary>Tells a run something. Cancelling the one that tells must not keep the other from being told.</summary>
    /// <param name="workflowId">Id of the run; whichever of its runs is open.</param>
    /// <param name="signal">Name of the signal.</param>
    /// <param name="message">Its value.</param>
    public static async Task SendAsync(string workflowId, string signal, object message)
    {
        try
        {
            await Workflow.GetExternalWorkflowHandle(workflowId).SignalAsync(signal, [message], new() { CancellationToken = CancellationToken.None });
        }
        catch (FailureException)
        {
            // It has ended.
        }
    }
}

using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>What a run that does not come to a result says of itself: no closed run may stay <c>running</c> in lists.</summary>
internal static class ClosingState
{
    /// <summary>Runs, and declares <c>cancelled</c> or <c>failed</c> where that ends so.</summary>
    public static async Task<T> AroundAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception failure) when (failure is FailureException || TemporalException.IsCanceledException(failure))
        {
            Declare(failure);
            throw;
        }
    }

    /// <summary>Declares how the run ends; one whose skill was refused has declared its result already.</summary>
    public static void Declare(Exception failure)
    {
        if (ActivityFailures.TypeOf(failure) != FailureTypes.SkillRefused)
        {
            Workflow.UpsertTypedSearchAttributes(SearchAttributes.State.ValueSet(
                TemporalException.IsCanceledException(failure) ? RunStates.Cancelled : RunStates.Failed));
        }
    }
}

using Spark.Temporal.Domain.Results;
using Spark.Temporal.Workflows;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>Trying again does not help against a file that this program must not read or overwrite.</summary>
internal static class ResultRefusal
{
    /// <exception cref="ApplicationFailureException">A file was refused; names it, the field and the version.</exception>
    public static async Task<T> EndAtAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (ResultFormatException refused)
        {
            throw new ApplicationFailureException(refused.Message, refused, FailureTypes.InvalidInput, nonRetryable: true);
        }
    }

    /// <inheritdoc cref="EndAtAsync{T}"/>
    public static Task EndAtAsync(Func<Task> work) => EndAtAsync(async () =>
    {
        await work();
        return true;
    });
}

using Docker.DotNet;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Failures;

/// <summary>What a disk, a share or the store refuses, as the failures that workflows decide on.</summary>
internal static class StorageFailures
{
    /// <summary>Runs an activity and types what escapes it.</summary>
    public static async Task<T> TypedAsync<T>(Func<Task<T>> activity)
    {
        try
        {
            return await activity();
        }
        catch (Exception failure) when (Typed(failure) is { } typed)
        {
            throw typed;
        }
    }

    /// <summary>What a client library has wrapped: the engine's reports a refused connection as one of several errors.</summary>
    public static Exception CauseOf(Exception failure) => failure is AggregateException { InnerExceptions: [var only] } ? CauseOf(only) : failure;

    /// <summary>The typed failure of an exception that is about files or the engine; null for any other.</summary>
    public static ApplicationFailureException? Typed(Exception failure) => CauseOf(failure) switch
    {
        StoreUnavailableException store => new(store.Message, store, FailureTypes.ResultsUnavailable),
        ArtifactLostException lost => new(
            $"{lost.Message} Bring it back from a copy of the store, or start the run again.", lost, FailureTypes.ArtifactLost, nonRetryable: true),

        // The helper container of the activities that examine Python.
        DockerApiException or HttpRequestException => EngineFailures.Unavailable(CauseOf(failure)),
        IOException or UnauthorizedAccessException => new(
            $"A file cannot be read or written on {Environment.MachineName}: {CauseOf(failure).Message.Trim()} {DiskWords.Remedy(CauseOf(failure))}",
            failure,
            FailureTypes.ResultsUnavailable),
        _ => null,
    };
}

using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Enums.V1;
using Temporalio.Exceptions;

namespace Spark.Temporal.Workflows.Running;

/// <summary>What the failure of an activity means for the workflow that waits for it.</summary>
internal static class ActivityFailures
{
    /// <summary>One of <see cref="FailureTypes"/>, null where the activity did not say.</summary>
    public static string? TypeOf(Exception failure) =>
        (failure as ApplicationFailureException ?? failure.InnerException as ApplicationFailureException)?.ErrorType;

    /// <summary>What the requests of a failed model call have cost; nothing where it does not say.</summary>
    public static TokenUsage SpentOf(Exception failure) =>
        (failure as ApplicationFailureException ?? failure.InnerException as ApplicationFailureException) is { ErrorType: FailureTypes.ModelUnreadable, Details.Count: > 0 } unreadable
            ? unreadable.Details.ElementAt<TokenUsage>(0) ?? TokenUsage.None
            : TokenUsage.None;

    /// <summary>No worker took the activity in time: its host is away.</summary>
    public static bool IsHostAway(ActivityFailureException failure) =>
        failure.InnerException is TimeoutFailureException { TimeoutType: TimeoutType.ScheduleToStart };

    /// <summary>
    /// The task, its environment or its settings cannot work, wherever and however often they are tried.
    /// </summary>
    public static bool IsFinal(Exception failure) => IsFinal(TypeOf(failure));

    /// <summary>The same, where only the failure's type is known; null means no type.</summary>
    public static bool IsFinal(string? type) => type is
        FailureTypes.InvalidTask or FailureTypes.BuildFailed or FailureTypes.BuildTimedOut or FailureTypes.StartFailed
        or FailureTypes.InvalidInput;

    /// <summary>Refuses a request with the words of the activity that could not carry it out.</summary>
    public static ApplicationFailureException AsRefusal(ActivityFailureException failure) =>
        new(Words(failure), FailureTypes.InvalidInput, nonRetryable: true);

    /// <summary>What a person wants to read: the activity's own words, not those of the envelope around them.</summary>
    public static string Words(Exception failure)
    {
        var words = failure is ActivityFailureException { InnerException: { } cause } ? cause.Message : failure.Message;
        return words.Length <= 4000 ? words : words[..4000] + "…";
    }
}

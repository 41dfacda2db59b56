using Temporalio.Api.Enums.V1;
using Temporalio.Exceptions;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>What the failure of an activity means for the one who waits for it.</summary>
internal static class ActivityFailures
{
    /// <summary>One of <see cref="FailureTypes"/>, null where the activity did not say.</summary>
    public static string? TypeOf(Exception failure) =>
        (failure as ActivityFailureException)?.InnerException is ApplicationFailureException cause ? cause.ErrorType : null;

    /// <summary>Nobody took the activity in time: its host is away.</summary>
    public static bool IsHostAway(ActivityFailureException failure) =>
        failure.InnerException is TimeoutFailureException { TimeoutType: TimeoutType.ScheduleToStart };

    /// <summary>
    /// The task, its environment or its settings cannot work, wherever and however often they are tried.
    /// </summary>
    public static bool IsFinal(Exception failure) => TypeOf(failure) is
        FailureTypes.InvalidTask or FailureTypes.BuildFailed or FailureTypes.BuildTimedOut or FailureTypes.StartFailed
        or FailureTypes.InvalidInput;

    /// <summary>The innermost message, which is what a person wants to read.</summary>
    public static string Words(Exception failure)
    {
        var words = failure.Message;
        for (var inner = failure.InnerException; inner is not null; inner = inner.InnerException)
        {
            words = inner.Message;
        }

        return words.Length <= 4000 ? words : words[..4000] + "…";
    }
}

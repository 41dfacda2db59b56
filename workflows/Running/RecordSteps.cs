using System.Linq.Expressions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>Steps that read or write records. A disk that is full or away never ends a run that was paid for: it waits, says so, and goes on.</summary>
internal static class RecordSteps
{
    /// <summary>Reads: a task or a setting that cannot work is final, everything else is waited for.</summary>
    /// <exception cref="Temporalio.Exceptions.ActivityFailureException">A final failure.</exception>
    public static Task<T> ReadAsync<TActivities, T>(this Outages outages, Expression<Func<TActivities, Task<T>>> activity, string summary) =>
        RunAsync(outages, activity, summary, writes: false);

    /// <summary>Writes what was paid for: whatever is wrong is waited for, until it works or a person cancels the run.</summary>
    public static Task<T> WriteAsync<TActivities, T>(this Outages outages, Expression<Func<TActivities, Task<T>>> activity, string summary) =>
        RunAsync(outages, activity, summary, writes: true);

    private static Task<T> RunAsync<TActivities, T>(Outages outages, Expression<Func<TActivities, Task<T>>> activity, string summary, bool writes) =>
        outages.ThroughAsync(
            () => Workflow.ExecuteActivityAsync(activity, ActivityProfiles.Records(summary)), failure => Outage.OfRecords(failure, writes));
}

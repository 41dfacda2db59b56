using Temporalio.Workflows;

namespace Spark.Temporal.Workflows;

/// <summary>How workflows that have no end of their own go on in a new run.</summary>
internal static class ContinuedRuns
{
    /// <summary>
    /// The new run begins on the version that is current by then and is pinned to that one: a batch of days would else keep
    /// the workers of its first day busy. Without versioned workers it means nothing.
    /// </summary>
    public static ContinueAsNewOptions OnCurrentVersion => new() { InitialVersioningBehavior = InitialVersioningBehavior.AutoUpgrade };
}

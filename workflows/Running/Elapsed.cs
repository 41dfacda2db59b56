using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>Durations by the workflow's own clock, which a replay repeats.</summary>
internal static class Elapsed
{
    /// <summary>Milliseconds since a time of <see cref="Workflow.UtcNow"/>, rounded.</summary>
    public static long Milliseconds(DateTime since) => (long)Math.Round((Workflow.UtcNow - since).TotalMilliseconds);
}

using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>Where a task is verified.</summary>
public static class VerdictModes
{
    /// <summary>
    /// As the user chose; else separate where the task asks for it, clean for tasks that we made (their result's path is known), and shared for all others, since
    /// what Harbor's own tasks check may lie in system folders or be a running service. A separate verifier stays one: it is clean by itself.
    /// </summary>
    public static VerdictMode Of(TaskSettings settings, VerdictMode? chosen) =>
        settings.Separate is not null ? VerdictMode.Separate
        : chosen ?? (settings.OutputPath is not null ? VerdictMode.Clean : VerdictMode.Shared);
}

using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Activities;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>
/// Moves the calling run to the version of the workers that is current, and pins it there. Queue:
/// <see cref="TaskQueues.Workflows"/>. Both are safe to repeat. See <see cref="ContinuedRuns"/>.
/// </summary>
public interface IVersionActivities
{
    /// <summary>Where another version is current than the one that the run is pinned to, lets the server move it with its next task.</summary>
    [Activity("versions.move")]
    Task<VersionMove> MoveAsync();

    /// <summary>Pins the run to the version that it has come to.</summary>
    [Activity("versions.pin")]
    Task PinAsync();
}

/// <param name="Asked">Whether the run is to move, and must be pinned again.</param>
/// <param name="Stays">Why it stays though another version is current; null where nothing is to be said.</param>
public sealed record VersionMove(bool Asked, string? Stays = null);

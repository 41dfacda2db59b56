using Spark.Temporal.Workflows.Contracts;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>
/// How workflows that have no end of their own go on in a new run: on the version of the workers that is current by then,
/// pinned to that one. A batch of days would else keep the workers of its first day busy. <c>infra/decisions/0020</c> has
/// the reasons.
/// </summary>
internal static class ContinuedRuns
{
    /// <summary>Asks servers that know the request (1.30) to begin the new run on the current version.</summary>
    public static ContinueAsNewOptions OnCurrentVersion => new() { InitialVersioningBehavior = InitialVersioningBehavior.AutoUpgrade };

    /// <summary>
    /// Does the same where the server has begun the new run on the version of the one before. Must come before every other
    /// command of a continued run, and stay as it is: the version that is left gives these commands, the next replays them.
    /// Whatever goes wrong, the run goes on where it is.
    /// </summary>
    /// <returns>What a person should know of it; null for nothing.</returns>
    public static async Task<string?> MoveOnAsync()
    {
        var before = Build;
        VersionMove move;
        try
        {
            move = await Workflow.ExecuteActivityAsync((IVersionActivities versions) => versions.MoveAsync(), ActivityProfiles.Version("look for a newer version"));
        }
        catch (ActivityFailureException failure)
        {
            // It may have been carried out anyway.
            move = new VersionMove(true, ActivityFailures.Words(failure));
        }

        if (!move.Asked)
        {
            return move.Stays is { } why ? $"stays on version {before}: {why}" : null;
        }

        try
        {
            await Workflow.ExecuteActivityAsync((IVersionActivities versions) => versions.PinAsync(), ActivityProfiles.Version("stay on this version"));
        }
        catch (ActivityFailureException failure)
        {
            return $"runs on version {Build} and is not pinned to it ({ActivityFailures.Words(failure)}); "
                + $"temporal workflow update-options --versioning-override-behavior unspecified --workflow-id {Workflow.Info.WorkflowId} does it";
        }

        return Build != before ? $"went on with version {Build}, {before} before"
            : $"stays on version {before}: {move.Stays ?? "the server did not move it"}";
    }

    private static string Build => Workflow.CurrentDeploymentVersion?.BuildId ?? "unknown";
}

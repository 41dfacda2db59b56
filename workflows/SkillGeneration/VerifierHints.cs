using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <summary>The test file without its answers, and what the oracle wrote, by which they are known.</summary>
internal static class VerifierHints
{
    public static async Task<(VerifierHint Hint, ArtifactRef? Oracle)> MakeAsync(TaskPackage package, AttemptLimits limits, Outages outages)
    {
        var changes = package.Solution is { } solution ? await SolveAsync(package, solution, limits, outages) : null;
        var hint = await outages.ThroughAsync(
            () => Workflow.ExecuteActivityAsync(
                (ITaskPackageActivities packages) => packages.HintAsync(new VerifierHintRequest(package, changes)),
                ActivityProfiles.Prepare(120, "verifier hint: the tests without their answers")),
            failure => Outage.OfEngine(failure, "any host"));
        return (hint, changes);
    }

    private static async Task<ArtifactRef?> SolveAsync(TaskPackage package, ArtifactRef solution, AttemptLimits limits, Outages outages)
    {
        var seconds = package.Settings.AgentTimeoutSec * limits.TimeoutMultiplier;
        var sandbox = new SandboxSession(
            package, limits, outages, Workflow.Info.WorkflowId, shell: false, deadlineSec: package.Settings.BuildTimeoutSec + seconds + (15 * 60), skills: null);
        try
        {
            await sandbox.BuildAsync();
            await sandbox.StartAsync();
            var oracle = await sandbox.StepAsync((container, queue) => Workflow.ExecuteActivityAsync(
                (ISandboxActivities activities) => activities.OracleAsync(new OracleRequest
                {
                    Container = container,
                    Solution = solution,
                    TimeoutSec = seconds,
                    Env = package.Settings.SolutionEnv,
                    User = package.Settings.AgentUser,
                    KeepChanges = true,
                }),
                ActivityProfiles.OnHost(queue, seconds, limits.HostAwaySec, "verifier hint: what the right answer looks like")));
            return oracle.Changes;
        }
        finally
        {
            sandbox.GiveBack();
            await sandbox.RemoveAsync();
        }
    }
}

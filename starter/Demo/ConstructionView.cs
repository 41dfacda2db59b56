using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Client;

namespace Spark.Temporal.Starter.Demo;

/// <summary>Follows one construction: a line for each version of its blueprint, and for each state but running.</summary>
internal static class ConstructionView
{
    public static Task<ConstructionResult> FollowAsync(
        WorkflowHandle<TaskConstructionWorkflow, ConstructionResult> run, string name, CliOutput output, CancellationToken cancellationToken) => LineView.FollowAsync(
        run,
        run.GetResultAsync(rpcOptions: new RpcOptions { CancellationToken = cancellationToken }),
        async options =>
        {
            var progress = await run.QueryAsync(workflow => workflow.GetProgress(), options);
            return progress.Versions.Where(line => !line.EndsWith(": under way", StringComparison.Ordinal))
                .Concat(progress.State == RunStates.Running ? [] : [progress.State])
                .Select(line => $"{name}: {line}");
        },
        output,
        cancellationToken);
}

using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Runs;

/// <summary>Follows one construction: a line for each version of its blueprint and for each state. It only asks, never steers.</summary>
internal static class ConstructionView
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public static async Task<ConstructionResult> FollowAsync(
        WorkflowHandle<TaskConstructionWorkflow, ConstructionResult> run, string name, CliOutput output, CancellationToken cancellationToken)
    {
        var told = new HashSet<string>(StringComparer.Ordinal) { "running" };
        var ended = run.GetResultAsync(rpcOptions: new RpcOptions { CancellationToken = cancellationToken });
        try
        {
            while (await Task.WhenAny(ended, Task.Delay(Interval, cancellationToken)) != ended && !cancellationToken.IsCancellationRequested)
            {
                await TellAsync(run, name, told, output, cancellationToken);
            }

            var result = await ended;
            await TellAsync(run, name, told, output, cancellationToken);
            return result;
        }
        catch (Exception stopped) when (cancellationToken.IsCancellationRequested && stopped is RpcException or OperationCanceledException)
        {
            await run.CancelAsync();
            output.Note($"Interrupted: {name} is cancelled.");
            throw new OperationCanceledException(cancellationToken);
        }
        catch (WorkflowFailedException failure)
        {
            throw new CliException($"{name}: the construction failed: {failure.InnerException?.Message ?? failure.Message}");
        }
    }

    /// <summary>What is new since the last time, a line each. Progress that nobody answers for just now is told later.</summary>
    private static async Task TellAsync(
        WorkflowHandle<TaskConstructionWorkflow> run, string name, HashSet<string> told, CliOutput output, CancellationToken cancellationToken)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(TimeSpan.FromSeconds(3));
            var progress = await run.QueryAsync(
                workflow => workflow.GetProgress(), new WorkflowQueryOptions { Rpc = new RpcOptions { CancellationToken = patience.Token } });
            foreach (var line in progress.Versions.Where(line => !line.EndsWith(": under way", StringComparison.Ordinal)).Append(progress.State).Where(told.Add))
            {
                output.Note($"{name}: {line}");
            }
        }
        catch (Exception nothing) when (nothing is RpcException or WorkflowQueryFailedException or WorkflowQueryRejectedException
            || (nothing is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
        }
    }
}

using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Preflight;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Common;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Preflight;

/// <summary>Asks workers about models and folders. Commands cannot know themselves: keys, endpoints, habits and folders are those of the workers.</summary>
internal sealed class WorkerQuestion(SparkSession session)
{
    /// <summary>How long a question waits for a worker of a profile.</summary>
    public static readonly TimeSpan ProfilePatience = TimeSpan.FromSeconds(15);

    /// <summary>How long a worker of workflows may take to appear: it may be starting beside this command.</summary>
    private static readonly TimeSpan WorkerPatience = TimeSpan.FromSeconds(30);

    /// <summary>The worker of an embedded server is started by this very command.</summary>
    private static readonly TimeSpan OwnWorkerPatience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <param name="name">What it is asked for: the batch, or the command.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="anyway">What follows the words of a failure.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <exception cref="CliException">No worker runs workflows, or there was no answer.</exception>
    /// <param name="limit">How long it may take in all; null for the usual.</param>
    public async Task<PreflightReport> AskAsync(string name, PreflightRequest request, string anyway, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        var summary = $"preflight of {name}";
        var run = await session.Client.StartWorkflowAsync(
            (PreflightWorkflow workflow) => workflow.RunAsync(request),
            new WorkflowOptions(WorkflowIds.Preflight(name), SparkSession.Queue)
            {
                StaticSummary = summary,

                // One that an interrupted command left behind asked for something else, perhaps.
                IdConflictPolicy = WorkflowIdConflictPolicy.TerminateExisting,
                ExecutionTimeout = limit ?? Limit,

                // A person waits for it, and it takes seconds.
                Priority = new Priority(1),
            });
        var result = run.GetResultAsync(rpcOptions: new RpcOptions { CancellationToken = cancellationToken });
        try
        {
            var patience = session.Source == ServerSource.Embedded ? OwnWorkerPatience : WorkerPatience;
            if (await Task.WhenAny(result, Task.Delay(patience, cancellationToken)) != result
                && !cancellationToken.IsCancellationRequested && !await session.WorkersRunAsync(cancellationToken))
            {
                await TerminateAsync(run);
                throw new CliException(
                    $"no worker runs workflows (queue {SparkSession.Queue}): start spark-worker, or look at the log of the worker that 'spark up' started. {anyway}");
            }

            return await result;
        }
        catch (WorkflowFailedException failure)
        {
            throw new CliException($"the question to the workers did not come to an end ({failure.InnerException?.Message ?? failure.Message}). {anyway}");
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            await TerminateAsync(run);
            throw;
        }
    }

    private static async Task TerminateAsync(WorkflowHandle run)
    {
        try
        {
            await run.TerminateAsync("the command that waited for it has ended");
        }
        catch (RpcException)
        {
            // It has ended, or ends at its limit.
        }
    }
}

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

/// <summary>
/// Lets a worker try what a run will need, before it is started: a wrong key or a folder that cannot be written is said within
/// seconds, instead of by a batch that waits.
/// </summary>
internal sealed class PreflightCheck(SparkSession session, CliOutput output)
{
    private const string Anyway = "Nothing was started. --no-preflight starts without these checks.";

    /// <summary>How long a probe waits for a worker of a profile.</summary>
    private static readonly TimeSpan ProfilePatience = TimeSpan.FromSeconds(15);

    /// <summary>How long a worker of workflows may take to appear: it may be starting beside this command.</summary>
    private static readonly TimeSpan WorkerPatience = TimeSpan.FromSeconds(30);

    /// <summary>The worker of an embedded server is started by this very command.</summary>
    private static readonly TimeSpan OwnWorkerPatience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <param name="name">Name of the batch.</param>
    /// <param name="plan">What is tried; null for nothing.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <exception cref="CliException">A model does not answer or a folder cannot be written; the message holds the cause and the remedy of each.</exception>
    public async Task RunAsync(string name, PreflightPlan? plan, CancellationToken cancellationToken)
    {
        if (plan is null)
        {
            return;
        }

        var report = await AskAsync(name, plan, cancellationToken);
        var problems = new List<string>();
        foreach (var model in report.Models)
        {
            if (model.Probe is { } probe)
            {
                if (plan.NeedsPrices && probe.Unpriced)
                {
                    problems.Add($"model {Title(model.Model)}: nobody knows what it costs, so a budget in dollars would never be reached\n    {ModelRemedies.OfPrice(probe.Model)}");
                }

                if (probe.Throttled is { } words)
                {
                    output.Note($"Model {Title(model.Model)} gets too many requests at the moment; the run will wait its turn. {words}");
                }
            }
            else if (model.Type == ModelFinding.NoWorker && await PolledAsync(SparkSession.QueueOf(TaskQueues.Llm(model.Model.Profile)), cancellationToken))
            {
                output.Note($"The workers of model profile {model.Model.Profile} are busy, so {Title(model.Model)} was not asked.");
            }
            else
            {
                problems.Add($"model {Title(model.Model)}: {model.Words}\n    {ModelRemedies.Of(model.Type ?? "", model.Model.Profile)}");
            }
        }

        problems.AddRange(report.Problems);
        if (problems.Count > 0)
        {
            throw new CliException($"the preflight failed:\n{string.Join('\n', problems.Select(problem => $"  {problem}"))}\n{Anyway}");
        }
    }

    private async Task<PreflightReport> AskAsync(string name, PreflightPlan plan, CancellationToken cancellationToken)
    {
        var request = new PreflightRequest { Models = plan.Models, Folders = plan.Folders, WorkerPatienceSec = ProfilePatience.TotalSeconds };
        var run = await session.Client.StartWorkflowAsync(
            (PreflightWorkflow workflow) => workflow.RunAsync(request),
            new WorkflowOptions(WorkflowIds.Preflight(name), SparkSession.Queue)
            {
                StaticSummary = $"preflight of {name}",

                // One that an interrupted command left behind asked for something else, perhaps.
                IdConflictPolicy = WorkflowIdConflictPolicy.TerminateExisting,
                ExecutionTimeout = Limit,

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
                    $"no worker runs workflows (queue {SparkSession.Queue}): start spark-worker, or look at the log of the worker that 'spark up' started. {Anyway}");
            }

            return await result;
        }
        catch (WorkflowFailedException failure)
        {
            throw new CliException($"the preflight did not come to an end ({failure.InnerException?.Message ?? failure.Message}). {Anyway}");
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

    /// <summary>Whether a worker took activities of a queue in the last minute.</summary>
    private async Task<bool> PolledAsync(string queue, CancellationToken cancellationToken)
    {
        var described = await session.Client.WorkflowService.DescribeTaskQueueAsync(
            new() { Namespace = session.Client.Options.Namespace, TaskQueue = new() { Name = queue }, TaskQueueType = TaskQueueType.Activity },
            new() { CancellationToken = cancellationToken });
        return described.Pollers.Any(poller => poller.LastAccessTime.ToDateTimeOffset() > DateTimeOffset.UtcNow.AddMinutes(-1));
    }

    private static string Title(ModelChoice model) => model.Name is { } name ? $"{name} (profile {model.Profile})" : $"of profile {model.Profile}";
}

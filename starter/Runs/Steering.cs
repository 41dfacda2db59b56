using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.SkillGeneration;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Runs;

/// <summary>The result of one update.</summary>
/// <param name="Id">The run.</param>
/// <param name="Update">Name of the update.</param>
/// <param name="Accepted">Whether the run took it.</param>
/// <param name="Error">Why not; null when it did.</param>
internal sealed record Steered(string Id, string Update, bool Accepted, string? Error = null)
{
    /// <summary>What came of it, or, where nothing was done, what the run does now; null where that is not known.</summary>
    public string? State { get; init; }

    /// <summary>The run afterwards; null where it was not looked at.</summary>
    public RunRow? Run { get; init; }

    /// <summary>Tasks that it did not get, since they cannot run; null for none.</summary>
    public IReadOnlyList<LeftOutTasks>? LeftOut { get; init; }
}

/// <summary>Sends updates to runs. A batch takes them itself where it can; otherwise each of its open runs gets them.</summary>
internal sealed class Steering(SparkSession session)
{
    private static readonly string[] Runs = [nameof(SkillGenerationWorkflow), nameof(TaskConstructionWorkflow)];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <param name="id">A run or a batch.</param>
    /// <param name="update">Name of the update.</param>
    /// <param name="argument">Its value; null for none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CliException">The run is unknown or closed, or no worker is there to take the update.</exception>
    public async Task<IReadOnlyList<Steered>> SendAsync(string id, string update, object? argument, CancellationToken cancellationToken)
    {
        var described = await RunDetails.DescribeAsync(session, id, cancellationToken);
        if (described.Status != WorkflowExecutionStatus.Running)
        {
            throw new CliException($"run '{id}' is closed: {RunRow.Of(described).Status}; {update} needs an open run");
        }

        if (session.Source != ServerSource.Embedded && !await session.WorkersRunAsync(cancellationToken))
        {
            throw new CliException($"no worker is there to take {update} to '{id}': start spark-worker, or check the worker of 'spark up'");
        }

        var sent = await SendOneAsync(id, update, argument, cancellationToken);
        if (sent is not null)
        {
            return [sent];
        }

        return RunRow.Of(described).IsBatch ? await SendToRunsAsync(described, update, argument, cancellationToken)
            : throw new CliException($"run '{id}' takes no {update}: it is of type {RunRow.Of(described).Type}");
    }

    private async Task<IReadOnlyList<Steered>> SendToRunsAsync(
        WorkflowExecutionDescription batch, string update, object? argument, CancellationToken cancellationToken)
    {
        var steered = new List<Steered>();
        var types = string.Join(", ", Runs.Select(type => $"'{type}'"));
        var open = session.Client.ListWorkflowsAsync(
            $"ParentWorkflowId = '{batch.Id}' AND ExecutionStatus = 'Running' AND WorkflowType IN ({types})");
        await foreach (var run in open.WithCancellation(cancellationToken))
        {
            steered.Add(await SendOneAsync(run.Id, update, argument, cancellationToken)
                ?? new Steered(run.Id, update, false, $"takes no {update}: it is of type {RunRow.Of(run).Type}"));
        }

        return steered.Count > 0 ? steered
            : throw new CliException($"batch '{batch.Id}' has no open run that could take {update}; see 'spark runs show {batch.Id}'");
    }

    /// <returns>The result; null where the run does not know the update.</returns>
    private async Task<Steered?> SendOneAsync(string id, string update, object? argument, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            await session.Client.GetWorkflowHandle(id).ExecuteUpdateAsync(
                update, argument is null ? [] : [argument], new() { Rpc = new() { CancellationToken = limit.Token } });
            return new Steered(id, update, true);
        }
        catch (WorkflowUpdateFailedException refused)
        {
            var words = refused.InnerException?.Message ?? refused.Message;
            return words.Contains("expected but not found", StringComparison.Ordinal) ? null : new Steered(id, update, false, words);
        }
        catch (RpcException over) when (over.Code == RpcException.StatusCode.NotFound)
        {
            return new Steered(id, update, false, "it has closed by now");
        }
        catch (Exception late) when (late is OperationCanceledException or RpcException or WorkflowUpdateRpcTimeoutOrCanceledException
            && limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new Steered(id, update, false, $"no answer within {Patience.TotalSeconds:0} s; is a worker with its code running?");
        }
    }
}

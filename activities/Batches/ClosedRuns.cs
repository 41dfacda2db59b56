using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Batches;

/// <summary>Asks the server about runs that a batch takes for open, and reports the closed ones, which can no longer report themselves.</summary>
internal sealed class ClosedRuns(ITemporalClient client)
{
    /// <summary>Reports of one look: the largest kind ten times is far below the size of a payload. The next look has the rest.</summary>
    private const int MostReports = 10;

    public async Task<BatchLook> LookAsync(LookRequest request, CancellationToken cancellationToken)
    {
        var ended = new List<ItemReport>();
        foreach (var run in request.Runs)
        {
            if (ended.Count == MostReports)
            {
                break;
            }

            if (await ReportAsync(run, request.Work, cancellationToken) is { } report)
            {
                ended.Add(report);
            }
        }

        return new BatchLook(ended);
    }

    /// <returns>How it ended; null while it is open.</returns>
    public async Task<ItemReport?> ReportAsync(LookAt run, BatchKind kind, CancellationToken cancellationToken)
    {
        var rpc = new RpcOptions { CancellationToken = cancellationToken };
        var handle = client.GetWorkflowHandle(run.WorkflowId, run.RunId);
        string id;
        try
        {
            var described = await handle.DescribeAsync(new() { Rpc = rpc });
            if (described.Status is WorkflowExecutionStatus.Running or WorkflowExecutionStatus.ContinuedAsNew)
            {
                return null;
            }

            id = run.RunId ?? described.RunId;
        }
        catch (RpcException missing) when (missing.Code == RpcException.StatusCode.NotFound)
        {
            return new ItemReport
            {
                WorkflowId = run.WorkflowId, RunId = run.RunId ?? "", State = ItemState.Infrastructure, Words = "did not run to its end: the server no longer knows the run",
            };
        }

        try
        {
            return kind switch
            {
                BatchKind.Skills => ItemReport.Of(run.WorkflowId, id, await handle.GetResultAsync<SkillGenerationResult>(rpcOptions: rpc)),
                BatchKind.Constructions => ItemReport.Of(run.WorkflowId, id, await handle.GetResultAsync<ConstructionResult>(rpcOptions: rpc)),
                _ => ItemReport.Of(run.WorkflowId, id, await handle.GetResultAsync<AttemptResult>(rpcOptions: rpc)),
            };
        }
        catch (WorkflowFailedException failure)
        {
            return ItemReport.Of(run.WorkflowId, id, failure, TokenUsage.None);
        }
    }
}

using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Sdk.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.RunState;

/// <summary>Everything that is known about one run.</summary>
internal sealed record RunDetails
{
    private static readonly TimeSpan QueryPatience = TimeSpan.FromSeconds(5);

    public required RunRow Run { get; init; }

    /// <summary>One line, set when it was started.</summary>
    public string? Summary { get; init; }

    /// <summary>What it is about, set when it was started.</summary>
    public string? Details { get; init; }

    /// <summary>The run's own description of its progress (Markdown); null when no worker answers.</summary>
    public string? CurrentDetails { get; init; }

    /// <summary>Steps in flight, such as <c>sandbox.run_turn, attempt 1</c>, with the last failure, the next try, and who paused them.</summary>
    public IReadOnlyList<string> Pending { get; init; } = [];

    public IReadOnlyList<RunRow> Children { get; init; } = [];

    /// <summary>Id of the run that this one was forked from; null when it is not a fork.</summary>
    public string? ForkedFrom { get; init; }

    /// <summary>Runs that were forked from this one.</summary>
    public IReadOnlyList<RunRow> Forks { get; init; } = [];

    /// <summary>Why it failed; null otherwise.</summary>
    public string? Failure { get; init; }

    /// <summary>Its page in the web UI; null when the UI is not known or stops with this command.</summary>
    public string? Ui { get; init; }

    public int HistoryEvents { get; init; }

    /// <exception cref="CliException">There is no such run.</exception>
    public static async Task<RunDetails> ReadAsync(SparkSession session, string id, bool askWorker, CancellationToken cancellationToken)
    {
        var handle = session.Client.GetWorkflowHandle(id);
        var described = await DescribeAsync(session, id, cancellationToken);
        var children = new List<RunRow>();
        await foreach (var child in session.Client.ListWorkflowsAsync($"ParentWorkflowId = '{id}'").WithCancellation(cancellationToken))
        {
            children.Add(RunRow.Of(child));
        }

        var forks = new List<RunRow>();
        await foreach (var fork in session.Client.ListWorkflowsAsync($"WorkflowId STARTS_WITH '{WorkflowIds.Forks(id)}' AND WorkflowType = '{described.WorkflowType}'").WithCancellation(cancellationToken))
        {
            forks.Add(RunRow.Of(fork));
        }

        return new RunDetails
        {
            Run = RunRow.Of(described),
            Summary = await described.GetStaticSummaryAsync(),
            Details = await described.GetStaticDetailsAsync(),
            CurrentDetails = askWorker && await CurrentDetailsAsync(handle, cancellationToken) is { } story ? Told(RunRow.Of(described), story) : null,
            Pending = [.. (await PendingStep.ReadAsync(session, id, cancellationToken)).Select(step => step.Words(id, DateTimeOffset.UtcNow))],
            ForkedFrom = described.Memo.TryGetValue("forked_from", out var origin) ? await origin.ToValueAsync<string>() : null,
            Forks = [.. forks.Where(fork => !fork.Id[WorkflowIds.Forks(id).Length..].Contains('/')).OrderBy(fork => fork.StartedAt)],
            Children = [.. children.OrderBy(child => child.StartedAt)],
            Failure = described.Status is Temporalio.Api.Enums.V1.WorkflowExecutionStatus.Failed ? await FailureOfAsync(handle) : null,
            Ui = session.Source == ServerSource.Embedded ? null : session.UiOf(id),
            HistoryEvents = described.HistoryLength,
        };
    }

    /// <exception cref="CliException">There is no such run.</exception>
    public static async Task<WorkflowExecutionDescription> DescribeAsync(SparkSession session, string id, CancellationToken cancellationToken)
    {
        try
        {
            return await session.Client.GetWorkflowHandle(id).DescribeAsync(new() { Rpc = new() { CancellationToken = cancellationToken } });
        }
        catch (RpcException missing) when (missing.Code == RpcException.StatusCode.NotFound)
        {
            throw new CliException($"there is no run '{id}'; 'spark runs list' shows all");
        }
    }

    /// <summary>Steps in flight that did not succeed at once, such as <c>try 3: connection refused</c>.</summary>
    public static async Task<IReadOnlyList<string>> RetriedAsync(SparkSession session, string id, CancellationToken cancellationToken) =>
        [.. (await PendingStep.ReadAsync(session, id, cancellationToken)).Select(step => step.HeldUp).OfType<string>()];

    public static async Task<string?> CurrentDetailsAsync(WorkflowHandle handle, CancellationToken cancellationToken)
    {
        try
        {
            var rpc = new RpcOptions { CancellationToken = cancellationToken, Timeout = QueryPatience, Retry = false };
            var answer = await handle.QueryAsync<WorkflowMetadata>("__temporal_workflow_metadata", [], new() { Rpc = rpc });
            return string.IsNullOrEmpty(answer.CurrentDetails) ? null : answer.CurrentDetails;
        }
        catch (Exception noAnswer) when (noAnswer is RpcException or WorkflowQueryFailedException or WorkflowQueryRejectedException
            or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>A run that the server ended could not change its own description any more.</summary>
    public static string Told(RunRow run, string story) => run.Status is "terminated" or "timed_out" or "failed"
        ? $"The run is {run.Now()}. What it said last, before that:\n\n{story}"
        : story;

    private static async Task<string?> FailureOfAsync(WorkflowHandle handle)
    {
        try
        {
            await handle.GetResultAsync(followRuns: false);
            return null;
        }
        catch (WorkflowFailedException failed)
        {
            return failed.InnerException is { } inner ? (inner.InnerException ?? inner).Message : failed.Message;
        }
    }
}

using System.Collections.Concurrent;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Converters;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Batches;

/// <summary>
/// What the server knows of earlier runs of a batch's items, by their ids: how they ended, and for those that came to no
/// result what another run goes on from, so that nothing is paid for again. Only runs of equal content and settings count.
/// </summary>
internal sealed class KnownRuns(ITemporalClient client, string batch, BatchWork work)
{
    /// <summary>Runs that are asked for side by side: ten thousand take some seconds, and leave the server room for others.</summary>
    private const int AtOnce = 8;

    /// <summary>A query of a closed run replays its history.</summary>
    private static readonly TimeSpan QueryPatience = TimeSpan.FromSeconds(30);

    /// <summary>Whether the server knows any run of the batch's kind under its name; it may learn of the newest a moment later. Yes where that cannot be found out.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken)
    {
        var type = work.Kind switch
        {
            BatchKind.Skills => nameof(SkillGenerationWorkflow),
            BatchKind.Constructions => nameof(TaskConstructionWorkflow),
            _ => nameof(AttemptWorkflow),
        };
        try
        {
            var known = await client.CountWorkflowsAsync($"{SearchAttributes.Batch.Name} = '{batch}' AND WorkflowType = '{type}'", new() { Rpc = Rpc(cancellationToken) });
            return known.Count > 0;
        }
        catch (RpcException) when (!cancellationToken.IsCancellationRequested)
        {
            // The list of runs is not to be had; each of them is.
            return true;
        }
    }

    /// <summary>What is known of closed runs of these items, by the items' numbers; of the other items nothing.</summary>
    /// <param name="items">The items.</param>
    /// <param name="openToo">Also of a run that is still open, as one is that has reported its end and closes only now.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyDictionary<int, KnownRun>> OfAsync(IReadOnlyList<BatchItem> items, bool openToo, CancellationToken cancellationToken)
    {
        var found = new ConcurrentDictionary<int, KnownRun>();
        await Parallel.ForEachAsync(items.Where(item => item.Digest is not null), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (item, cancelled) =>
        {
            if (await OfAsync(item, openToo, cancelled) is { } known)
            {
                found[item.Number] = known;
            }
        });
        return found;
    }

    private async Task<KnownRun?> OfAsync(BatchItem item, bool openToo, CancellationToken cancellationToken)
    {
        var id = WorkflowIds.Item(batch, work, item);
        WorkflowExecutionDescription run;
        try
        {
            run = await client.GetWorkflowHandle(id).DescribeAsync(new() { Rpc = Rpc(cancellationToken) });
        }
        catch (RpcException missing) when (missing.Code == RpcException.StatusCode.NotFound)
        {
            return null;
        }

        if (!run.Memo.TryGetValue(RunMemo.Digest, out var digest) || await digest.ToValueAsync<string>() != item.Digest
            || (run.Status == WorkflowExecutionStatus.Running && !openToo))
        {
            return null;
        }

        var report = run.Status == WorkflowExecutionStatus.Running ? null : await new ClosedRuns(client).ReportAsync(new LookAt(id, run.RunId), work.Kind, cancellationToken);
        if (report is { State: ItemState.Passed or ItemState.Failed })
        {
            return new KnownRun(
                new ItemResult
                {
                    Item = item,
                    State = report.State,
                    WorkflowId = id,
                    CostUsd = report.Usage.KnownUsd,
                    Unpriced = report.Usage.Unpriced,
                    Estimated = report.Usage.Estimated,
                    StartedAt = run.StartTime,
                    FinishedAt = run.CloseTime,
                    TakenOverFrom = batch,
                    Result = report.Result,
                },
                run.RunId);
        }

        return await UnfinishedAsync(id, run.RunId, cancellationToken);
    }

    /// <summary>What another run goes on from. Replies stay where the first run of all kept them.</summary>
    private async Task<KnownRun> UnfinishedAsync(string id, string runId, CancellationToken cancellationToken)
    {
        switch (work.Kind)
        {
            case BatchKind.Skills:
                var (skill, first) = await StartAsync<SkillGenerationInput>(id, runId, cancellationToken);
                var (fork, note) = await ForkAsync(id, runId, cancellationToken);
                return new KnownRun(null, skill?.Replies ?? first) { Fork = fork ?? skill?.Fork, Note = note };
            case BatchKind.Constructions:
                var (task, firstOfTask) = await StartAsync<ConstructionInput>(id, runId, cancellationToken);
                return new KnownRun(null, task?.Replies ?? firstOfTask);
            default:
                var (trial, firstOfTrial) = await StartAsync<AttemptInput>(id, runId, cancellationToken);
                return new KnownRun(null, trial?.Replies?.Run ?? firstOfTrial);
        }
    }

    /// <summary>The attempts that a skill run has kept. One that passed is left out: only its skill is missing, and it is tried again for that.</summary>
    private async Task<(SkillFork? Fork, string? Note)> ForkAsync(string id, string runId, CancellationToken cancellationToken)
    {
        try
        {
            var records = await client.GetWorkflowHandle<SkillGenerationWorkflow>(id, runId)
                .QueryAsync(run => run.GetRecords(), new() { Rpc = new() { CancellationToken = cancellationToken, Timeout = QueryPatience } });
            var kept = records.TakeWhile(record => record.Outcome != Outcome.Pass).ToList();
            return kept.Count == 0 ? (null, null)
                : (new SkillFork { WorkflowId = id, RunId = runId, Attempt = kept[^1].Number, Records = [.. kept.Select(record => record.Record)] }, null);
        }
        catch (Exception unknown) when (unknown is RpcException or WorkflowQueryFailedException or WorkflowQueryRejectedException && !cancellationToken.IsCancellationRequested)
        {
            return (null, $"{id} starts with its first attempt again, with the replies that were paid for: its records could not be asked for ({unknown.Message})");
        }
    }

    /// <summary>What a run was started with, null where its history holds nothing of the kind, and the first run id of its chain.</summary>
    private async Task<(T? Input, string First)> StartAsync<T>(string id, string runId, CancellationToken cancellationToken)
        where T : class
    {
        var history = await client.WorkflowService.GetWorkflowExecutionHistoryAsync(
            new() { Namespace = client.Options.Namespace, Execution = new() { WorkflowId = id, RunId = runId }, MaximumPageSize = 1 }, Rpc(cancellationToken));
        var start = history.History.Events is [{ WorkflowExecutionStartedEventAttributes: { } started }, ..] ? started : null;
        return (
            start is { Input.Payloads_: [var payload, ..] } ? await client.Options.DataConverter.ToValueAsync<T>(payload) : null,
            start is { FirstExecutionRunId: { Length: > 0 } first } ? first : runId);
    }

    private static RpcOptions Rpc(CancellationToken cancellationToken) => new() { CancellationToken = cancellationToken };
}

/// <summary>What the server knows of an item's earlier run.</summary>
/// <param name="Result">What it came to; null where it was ended before.</param>
/// <param name="Replies">First run id under which its replies are kept.</param>
internal sealed record KnownRun(ItemResult? Result, string Replies)
{
    /// <summary>The last attempt that it kept; null where there is none.</summary>
    public SkillFork? Fork { get; init; }

    /// <summary>What a person should know of it; null for nothing.</summary>
    public string? Note { get; init; }

    /// <summary>An item that goes on where the run was ended.</summary>
    public BatchItem GoesOn(BatchItem item) => item with { Replies = Replies, Fork = Fork };
}

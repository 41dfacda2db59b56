using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <content>What a batch says of itself: to whoever asks, to its next run, to the web UI, and at its end.</content>
internal sealed partial class BatchState
{
    public BatchProgress Progress(string? resultsPath) => new()
    {
        Batch = _input.Batch,
        State = List is null ? RunStates.Planning : Held ?? (Items.Counts is { ToCome: 0, Open: 0 } ? RunStates.Done : RunStates.Running),
        WaitsFor = WaitsFor,
        Counts = Counts,
        Parallelism = Parallelism,
        CostUsd = Used.KnownUsd,
        Unpriced = Used.Unpriced,
        Estimated = Used.Estimated,
        BudgetUsd = Limit.Usd,
        Tokens = Used.TotalTokens,
        BudgetTokens = Limit.Tokens,
        BudgetWarning = Limit.Warning(Used),
        Open =
        [
            .. _open.Values.Take(100).Select(open => new OpenLine(open.Item.Number, open.Item.Title, open.WorkflowId, open.Waiting, open.Usage.KnownUsd)
            {
                Unpriced = open.Usage.Unpriced,
                Estimated = open.Usage.Estimated,
            }),
        ],
        Last = [.. _last],
        ResultsPath = resultsPath,
        Runs = _runs,
    };

    public BatchCarry Carry(ArtifactRef? results, long exported) => new()
    {
        List = List!,
        Entries = Entries,
        Next = Next,
        Results = results,
        Exported = exported,
        Open = [.. _open.Values],
        Ended = Items.Ended(),
        Items = Items.Total,
        Parallelism = Parallelism,
        Paused = Paused,
        Limit = Limit,
        Spent = _spent,
        Last = [.. _last.TakeLast(20)],
        Sequence = _sequence,
        StartedAt = _startedAt,
        Runs = _runs + 1,
        FailuresInARow = _failuresInARow,
        LastFailure = _lastFailure,
        Wait = _wait,
        Shortage = _shortage,
        DisksLookedAt = DisksLookedAt,
    };

    public BatchResult Result(ArtifactRef? results, BatchSummaryPath summary, string? resultsPath) => new()
    {
        Batch = _input.Batch,
        Counts = Items.Counts,
        CostUsd = Used.KnownUsd,
        Unpriced = Used.Unpriced,
        Estimated = Used.Estimated,
        Usage = Used,
        Results = results,
        SummaryPath = summary.Path,
        LeftOut = summary.LeftOut,
        ResultsPath = resultsPath,
    };

    /// <summary>What the user interface shows; the search attribute follows where the state is another one.</summary>
    public void Show(string? done = null)
    {
        var (state, cost) = (done ?? Held ?? RunStates.Running, Used.CostUsd);
        Workflow.CurrentDetails = _about() + BatchDetails.Render(this, done, _last);
        if (state != _shown || cost > Math.Max(CostStep, _shownCost * CostGrowth))
        {
            (_shown, _shownCost) = (state, cost);
            Workflow.UpsertTypedSearchAttributes(SearchAttributes.State.ValueSet(state), SearchAttributes.Cost(Used));
        }
    }
}

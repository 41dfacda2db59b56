using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>What a batch knows of itself: counters, the open window, what it has spent. Items and results are elsewhere.</summary>
internal sealed partial class BatchState : IOperated
{
    /// <summary>The list shows the cost again when it has grown by a tenth: some hundred times from ten cents to ten thousand dollars.</summary>
    private const double CostGrowth = 1.1;
    private const double CostStep = 0.1;

    private readonly BatchInput _input;
    private readonly Dictionary<string, OpenItem> _open = [];
    private readonly Dictionary<int, string> _names = [];
    private readonly List<ItemLine> _last = [];
    private readonly DateTime _startedAt;
    private readonly int _runs;
    private TokenUsage _spent = TokenUsage.None;
    private readonly Func<string> _about;
    private int _sequence;
    private int _failuresInARow;
    private string? _lastFailure;
    private string _shown = RunStates.Running;
    private double _shownCost;

    /// <param name="input">The batch.</param>
    /// <param name="about">Text above its details; null for nothing.</param>
    public BatchState(BatchInput input, Func<string>? about = null)
    {
        _input = input;
        (_about, TakesItems) = (about ?? (() => ""), about is null);
        (Parallelism, Limit, _startedAt) = (input.Parallelism, new SpendingLimit(input.BudgetUsd, input.BudgetTokens), Workflow.UtcNow);
        if (input.Carry is not { } carry)
        {
            return;
        }

        _shownCost = carry.Spent.CostUsd;

        (List, Entries, Next, Parallelism, Paused) = (carry.List, carry.Entries, carry.Next, carry.Parallelism, carry.Paused);
        (Limit, _spent, _sequence, _startedAt, _runs) = (carry.Limit, carry.Spent, carry.Sequence, carry.StartedAt, carry.Runs);
        (_failuresInARow, _lastFailure, _wait, _shortage, DisksLookedAt) = (carry.FailuresInARow, carry.LastFailure, carry.Wait, carry.Shortage, carry.DisksLookedAt);
        _last.AddRange(carry.Last);
        Items.Grow(carry.Items);
        foreach (var (state, numbers) in carry.Ended)
        {
            Items.Set(numbers, state);
        }

        foreach (var open in carry.Open)
        {
            Opened(open);
            Carried.Add(open.WorkflowId);
        }
    }

    /// <summary>The stored list; null until it is planned.</summary>
    public ArtifactRef? List { get; private set; }

    /// <summary>Entries of the list, and the index of the next to start.</summary>
    public int Entries { get; private set; }
    public int Next { get; set; }

    public int Parallelism { get; set; }
    public bool Paused { get; private set; }
    public SpendingLimit Limit { get; private set; }

    /// <summary>A remark on the version that it runs on; null for nothing.</summary>
    public string? Version { get; set; }

    /// <summary>What a person should know of its list.</summary>
    public IReadOnlyList<string> Notes { get; private set; } = [];

    public ItemStates Items { get; } = new();
    public IReadOnlyCollection<OpenItem> Open => _open.Values;
    public DateTime StartedAt => _startedAt;

    /// <summary>
    /// What a run may spend before it says so: all open ones together use at most a twentieth of the budget that the batch
    /// does not know of.
    /// </summary>
    public SpendingLimit? NewsStep => Limit.Part(20 * Parallelism);

    /// <summary>Whether items can be added to it and tried again: a batch's, not an evaluation's.</summary>
    public bool TakesItems { get; }

    public string ResultsPath => BatchRun.ResultsPath(_input.OutDir, _input.Batch);

    /// <summary>Open runs whose end this run of the batch does not hear of by itself: they were started by an earlier one, or by another starter.</summary>
    public HashSet<string> Carried { get; } = [];

    /// <summary>What the ended items used, and what the open ones have said.</summary>
    public TokenUsage Used => _open.Values.Aggregate(_spent, (sum, open) => sum + open.Usage);

    public bool MayStart => Held is null && Next < Entries && _open.Count - Waiting < Parallelism && _open.Count < Parallelism + MostWaiting;

    public string? Name(int number) => _names.GetValueOrDefault(number);

    public void Planned(BatchPlan plan)
    {
        (List, Entries) = (plan.List, plan.Entries);
        Items.Grow(plan.Items);
        Items.Set(plan.TakenOver, ItemState.TakenOver);
        Items.Set(plan.Skipped, ItemState.Skipped);
        Items.Set(plan.Failed, ItemState.Failed);
        Notes = plan.Notes.Count > 0 ? plan.Notes : Notes;
    }

    public void Seen(BatchItem item) => _names[item.Number] = item.Title;

    public void Raise(SpendingLimit limit)
    {
        Limit = Limit.With(limit, Used);
        Show();
    }

    public string? RaiseRefusal(SpendingLimit limit) => Limit.Refusal(limit, Used);

    public void Opened(OpenItem open)
    {
        Items[open.Item.Number] = ItemState.Open;
        Seen(open.Item);
        _open[open.WorkflowId] = open;
    }

    /// <summary>Whether a run is open, and not one that has been heard of already.</summary>
    public bool IsOpen(string workflowId, string? runId) =>
        _open.TryGetValue(workflowId, out var open) && open.AgainAt is null && (runId is null || open.EndedRunId != runId)
        && (open.RunId is null || runId is null || open.RunId == runId);

    /// <summary>Changes what is known of an open run; of one that is not open nothing.</summary>
    public void Update(string workflowId, Func<OpenItem, OpenItem> change)
    {
        if (_open.TryGetValue(workflowId, out var open))
        {
            _open[workflowId] = change(open);
        }
    }

    /// <summary>Lets a run that the infrastructure ended keep its place, to be started again later.</summary>
    /// <returns>Whether there is another try.</returns>
    public bool RunsAgain(ItemReport report)
    {
        if (report.State != ItemState.Infrastructure || !IsOpen(report.WorkflowId, report.RunId)
            || _open[report.WorkflowId] is not { } open || open.Item.Try > _input.Tuning.Reruns)
        {
            return false;
        }

        var usage = Larger(report, open);
        _spent += usage;
        Carried.Remove(report.WorkflowId);
        _open[report.WorkflowId] = open with
        {
            Item = open.Item with { Try = open.Item.Try + 1, Replies = open.Item.Replies ?? (report.RunId.Length > 0 ? report.RunId : null) },
            RunId = null,
            EndedRunId = report.RunId,
            Before = open.Before + usage,
            Usage = TokenUsage.None,
            Waiting = $"try {open.Item.Try + 1}: {report.Words}",
            Cause = null,
            Why = null,
            AgainAt = Workflow.UtcNow + TimeSpan.FromSeconds(_input.Tuning.RerunDelaySec * Math.Pow(2, open.Item.Try - 1)),
        };
        Settle();
        return true;
    }

    /// <summary>Counts how a run ended.</summary>
    /// <returns>The result to keep; null where it was counted before, or is not of the run that is open.</returns>
    public ItemResult? Ended(ItemReport report)
    {
        if (!IsOpen(report.WorkflowId, report.RunId))
        {
            return null;
        }

        _open.Remove(report.WorkflowId, out var open);
        Carried.Remove(report.WorkflowId);
        var item = open!.Item;

        var usage = Larger(report, open);
        _spent += usage;
        var paid = open.Before + usage;
        Items[item.Number] = report.State;
        (_failuresInARow, _lastFailure) = report.State == ItemState.Infrastructure ? (_failuresInARow + 1, report.Words)
            : report.State == ItemState.Cancelled ? (_failuresInARow, _lastFailure) : (0, null);
        Settle();
        _last.Add(new ItemLine(++_sequence, item.Number, item.Title, report.State, report.Words, paid.KnownUsd) { Unpriced = paid.Unpriced, Estimated = paid.Estimated });
        if (_last.Count > 50)
        {
            _last.RemoveAt(0);
        }

        return new ItemResult
        {
            Item = item,
            State = report.State,
            WorkflowId = report.WorkflowId,
            CostUsd = paid.KnownUsd,
            Unpriced = paid.Unpriced,
            Estimated = paid.Estimated,
            StartedAt = open.StartedAt,
            FinishedAt = Workflow.UtcNow,
            Result = report.Result,
        };
    }

    /// <summary>What a run used: one that did not come to a result may have said so before.</summary>
    private static TokenUsage Larger(ItemReport report, OpenItem open) => report.Usage.TotalTokens >= open.Usage.TotalTokens ? report.Usage : open.Usage;
}

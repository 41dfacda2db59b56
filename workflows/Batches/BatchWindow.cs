using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>The open runs of a batch: starts them, steers them, counts how they end, and looks after those it would not hear of.</summary>
/// <param name="input">The batch.</param>
/// <param name="state">What it knows of itself.</param>
/// <param name="writer">Keeps its results.</param>
/// <param name="heard">Called for every item that ended; null for none.</param>
internal sealed class BatchWindow(BatchInput input, BatchState state, ResultWriter writer, Action<ItemResult>? heard = null)
{
    /// <summary>Runs started side by side: no longer wait for a place than the slowest of so many starts.</summary>
    private const int StartsAtOnce = 20;

    /// <summary>What a run that has reported may take to close.</summary>
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(1);

    private readonly ItemRuns _runs = ItemRuns.Of(input);
    private readonly Queue<BatchItem> _coming = new();
    private readonly HashSet<string> _againPlanned = [];

    /// <summary>Runs that this one has started and that have not closed yet, by workflow id; they may have reported already.</summary>
    private readonly Dictionary<string, string> _following = [];
    private readonly Queue<string> _again = new();
    private bool _lookPlanned;

    /// <summary>Whether it is time to ask the server about open runs.</summary>
    public bool LookDue { get; private set; }

    /// <summary>Whether a run may be started again that the infrastructure had ended.</summary>
    public bool HasAgain => _again.Count > 0 && state.Held is null;

    /// <summary>Whether an open run has not been told what the batch wants of it.</summary>
    public bool HasUntold => state.ToRetry.Count > 0 || state.Open.Any(open => open.Held != state.HoldOf(open));

    /// <summary>Fills the window; done when all of it have started, so that none is lost when the batch continues as new.</summary>
    /// <param name="mayStart">Whether the batch may go on starting runs in this run of it.</param>
    public async Task FillAsync(Func<bool> mayStart)
    {
        while (HasAgain && mayStart())
        {
            await StartAgainAsync(_again.Dequeue());
        }

        while (state.MayStart && mayStart())
        {
            if (_coming.Count == 0)
            {
                await ReadAheadAsync();
                continue;
            }

            var starts = new List<Task>();
            while (state.MayStart && _coming.Count > 0 && starts.Count < StartsAtOnce)
            {
                state.Next++;
                starts.Add(StartAsync(_coming.Dequeue()));
            }

            await Workflow.WhenAllAsync(starts);
            state.Show();
        }
    }

    private async Task ReadAheadAsync()
    {
        var first = state.Next;
        var page = await BatchRecords.RunAsync(
            state, (IBatchActivities batches) => batches.ReadPageAsync(new ReadBatchPageRequest(state.List!, first)), $"read the list from {first + 1}");
        foreach (var item in page.Items)
        {
            state.Seen(item);
            _coming.Enqueue(item);
        }
    }

    private Task StartAsync(BatchItem item)
    {
        var id = _runs.Id(item);
        return StartAsync(new OpenItem { Item = item, WorkflowId = id, Held = state.Held, StartedAt = Workflow.UtcNow, EndedRunId = _following.GetValueOrDefault(id) });
    }

    private async Task StartAsync(OpenItem open)
    {
        state.Opened(open);
        try
        {
            var child = await _runs.StartAsync(open.Item, open.Held, state.NewsStep);

            // What it went on from is not carried any further; where its replies are is needed for another try.
            state.Update(open.WorkflowId, known => known with { RunId = child.FirstExecutionRunId, Item = known.Item with { Fork = null } });
            _ = FollowAsync(child);
        }
        catch (WorkflowAlreadyStartedException) when (open.EndedRunId is not null || open.Item.Try > 1)
        {
            // Its try before has reported, and closes only now.
            state.Update(open.WorkflowId, known => known with { AgainAt = Workflow.UtcNow + ClosingTime });
        }
        catch (WorkflowAlreadyStartedException)
        {
            // Left open by a batch of this name that was terminated: it goes on, and its end is counted here. What it was told
            // last is not known, nor what it has used: it is told anew, and answers with its news.
            state.Carried.Add(open.WorkflowId);
            state.ToRetry.Add(open.WorkflowId);
        }
    }

    private async Task FollowAsync(ChildWorkflowHandle child)
    {
        _following[child.Id] = child.FirstExecutionRunId;
        var report = await _runs.ResultAsync(child);
        if (_following.GetValueOrDefault(child.Id) == child.FirstExecutionRunId)
        {
            _following.Remove(child.Id);
        }

        Take(report);
    }

    public void Take(ItemReport report)
    {
        if (state.RunsAgain(report))
        {
            PlanAgain();
            state.Show();
        }
        else if (state.Open.FirstOrDefault(open => open.WorkflowId == report.WorkflowId) is { } open && state.Ended(_runs.Complete(open.Item, report)) is { } result)
        {
            writer.Keep(result);
            heard?.Invoke(result);
            state.Show();
        }
    }

    /// <summary>Tells the open runs whether they may run, where they have not been told, and which are to try at once what they wait for.</summary>
    public Task SteerAsync()
    {
        var untold = state.Open.Select(open => (open.WorkflowId, open.AgainAt, Hold: state.HoldOf(open), open.Held, Retry: state.ToRetry.Contains(open.WorkflowId)))
            .Where(told => told.Retry || told.Hold != told.Held).ToList();
        state.ToRetry.Clear();
        untold.ForEach(told => state.Update(told.WorkflowId, known => known with { Held = told.Hold }));
        return Workflow.WhenAllAsync(untold.Where(told => told.AgainAt is null).Select(told => ItemRuns.HoldAsync(told.WorkflowId, new HoldRequest(told.Hold, told.Retry))));
    }

    /// <summary>A timer for each run that is to be started again.</summary>
    public void PlanAgain()
    {
        foreach (var open in state.Open.Where(open => open.AgainAt is not null && _againPlanned.Add(open.WorkflowId)).ToList())
        {
            _ = WaitToStartAgainAsync(open);
        }
    }

    private async Task WaitToStartAgainAsync(OpenItem open)
    {
        var left = open.AgainAt!.Value - Workflow.UtcNow;
        if (left > TimeSpan.Zero)
        {
            await Workflow.DelayWithOptionsAsync(new(left) { Summary = $"before {open.Item.Title} runs again", CancellationToken = CancellationToken.None });
        }

        _again.Enqueue(open.WorkflowId);
    }

    private async Task StartAgainAsync(string workflowId)
    {
        _againPlanned.Remove(workflowId);
        if (state.Open.FirstOrDefault(open => open.WorkflowId == workflowId) is { AgainAt: not null } open)
        {
            await StartAsync(open with { AgainAt = null, Waiting = null, Cause = null, Why = null, Held = state.Held });
        }
    }

    /// <summary>One timer for the next look, only while there is something to look at.</summary>
    public void PlanLook()
    {
        if (!_lookPlanned && state.Carried.Count > 0)
        {
            _lookPlanned = true;
            _ = WaitToLookAsync();
        }
    }

    private async Task WaitToLookAsync()
    {
        await Workflow.DelayWithOptionsAsync(new(TimeSpan.FromSeconds(input.Tuning.ReconcileSec)) { Summary = "look at open runs", CancellationToken = CancellationToken.None });
        (LookDue, _lookPlanned) = (true, false);
    }

    /// <summary>Asks the server about runs whose end would not be heard of: terminated, timed out, or failed before their first task.</summary>
    public async Task LookAsync()
    {
        LookDue = false;
        foreach (var some in state.Open.Where(open => state.Carried.Contains(open.WorkflowId)).Chunk(100).ToList())
        {
            var request = new LookRequest([.. some.Select(open => new LookAt(open.WorkflowId, open.RunId))], input.Work.Kind);
            var look = await BatchRecords.RunAsync(
                state, (IBatchActivities batches) => batches.LookAsync(request), $"look at {some.Length} open runs");
            foreach (var report in look.Ended)
            {
                Take(report);
            }
        }
    }

    /// <summary>Cancels what is open and waits for it as long as its containers may take to go.</summary>
    public async Task CancelAsync()
    {
        foreach (var waiting in state.Open.Where(open => open.AgainAt is not null).ToList())
        {
            state.Update(waiting.WorkflowId, open => open with { AgainAt = null, EndedRunId = null });
            Take(new ItemReport { WorkflowId = waiting.WorkflowId, RunId = "", State = ItemState.Cancelled, Words = "cancelled before it ran again" });
        }

        await Workflow.WhenAllAsync(state.Open.Select(open => ItemRuns.CancelAsync(open.WorkflowId)).ToList());
        if (await Workflow.WaitConditionAsync(() => state.Open.Count == 0, TimeSpan.FromSeconds(input.Tuning.CancelPatienceSec), CancellationToken.None))
        {
            return;
        }

        await LookAsync();
        foreach (var open in state.Open.ToList())
        {
            Take(new ItemReport { WorkflowId = open.WorkflowId, RunId = open.RunId ?? "", State = ItemState.Cancelled, Words = "cancelled; it had not ended when the batch did" });
        }
    }
}

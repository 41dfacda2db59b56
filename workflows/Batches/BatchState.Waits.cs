using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <content>What a batch waits for: a person, a budget, or the world, when several of its runs wait for the same.</content>
internal sealed partial class BatchState
{
    /// <summary>
    /// Runs that wait free their place, but no more than so many: each open one is carried from run to run of the batch with
    /// some hundred bytes, and what is carried has to fit into a payload.
    /// </summary>
    private const int MostWaiting = 200;

    /// <summary>Characters kept of what a run says of its wait: it is carried as often as runs wait.</summary>
    private const int WhyCharacters = 300;

    /// <summary>Characters of what is short on disks.</summary>
    private const int ShortageCharacters = 600;

    private SharedWait? _wait;
    private string? _shortage;
    private string? _recordsAway;

    /// <summary>How often it was said that what is waited for may be there again.</summary>
    public int Retries { get; private set; }

    /// <summary>The minute of its waits, in seconds.</summary>
    public double WaitUnitSec => _input.Tuning.WaitUnitSec;

    /// <summary>Open runs that wait for the world, a person or a budget; one that is to be started again keeps its place.</summary>
    public int Waiting => _open.Values.Count(Waits);

    /// <summary>Counts of all items, the open ones that wait among them.</summary>
    public BatchCounts Counts => Items.Counts with { Waiting = Waiting };

    /// <summary>Why nothing may run; null when it may.</summary>
    public string? Held => HoldsAll ?? _wait?.State;

    /// <summary>Why nothing may run, for a person; null when it may.</summary>
    public string? WaitsFor => HoldsAll switch
    {
        null => _wait is { } wait
            ? $"{wait.Cause}: {wait.Why}; {_open.Values.Count(open => WaitsWith(open, wait))} runs wait for it, one of them tries again by itself, all of them at once by Resume: spark runs resume {Workflow.Info.WorkflowId}"
            : null,
        RunStates.Paused => "paused; Resume goes on",
        RunStates.Infrastructure => $"{_failuresInARow} in a row failed, the last: {_lastFailure}; Resume goes on when it is fixed",
        RunStates.Results => $"{_recordsAway}; tried again by itself, at once by Resume: spark runs resume {Workflow.Info.WorkflowId}",
        RunStates.Disk => $"{_shortage}; looked at again every {_input.Tuning.DiskLookSec:0.##} s, Resume looks at once",
        _ => $"{Limit.Reached(Used)}; RaiseBudget goes on",
    };

    /// <summary>When the disks were looked at last; null where they are to be looked at anew.</summary>
    public DateTime? DisksLookedAt { get; set; }

    /// <summary>Runs that are to be told what the batch wants of them whether they know it or not, and to try at once what they wait for.</summary>
    public HashSet<string> ToRetry { get; } = [];

    /// <summary>Why no run of the batch may go on; null where some may.</summary>
    private string? HoldsAll => Paused ? RunStates.Paused
        : _input.Tuning.FailuresInARow is > 0 and var most && _failuresInARow >= most ? RunStates.Infrastructure
        : Limit.Reached(Used) is not null ? RunStates.Budget
        : _shortage is not null ? RunStates.Disk
        : _recordsAway is not null ? RunStates.Results : null;

    /// <summary>
    /// Why the batch holds one of its runs; null when it may go on. A wait that several runs share holds only those, but for
    /// the one that tries: what runs is not held up by it. The start of further runs stops as a whole, also of those that
    /// would use another endpoint or host: which one a run will need is known only when it has started.
    /// </summary>
    public string? HoldOf(OpenItem open) => HoldsAll ?? (_wait is { } wait && WaitsWith(open, wait) && open.WorkflowId != wait.Tries ? wait.State : null);

    public void Pause()
    {
        Paused = true;
        Show();
    }

    public void Resume()
    {
        Paused = false;
        TryAgain();
    }

    /// <summary>What the world was waited for may be there again: every run tries at once. A pause and a budget stay.</summary>
    public void TryAgain()
    {
        (_failuresInARow, _wait, DisksLookedAt) = (0, null, null);
        Retries++;
        foreach (var open in _open.Values.ToList())
        {
            Retry(open);
        }

        Show();
    }

    /// <summary>The batch's own records cannot be read or written: nothing further is started till they can.</summary>
    /// <returns>How often it was said so far that they may be there again.</returns>
    public int RecordsAway(string words)
    {
        _recordsAway = PlainText.OneLine(words, ShortageCharacters);
        Show();
        return Retries;
    }

    /// <summary>They can be used again.</summary>
    public void RecordsThere()
    {
        _recordsAway = null;
        Show();
    }

    /// <summary>What a look at the disks found.</summary>
    public void Looked(IReadOnlyList<string> shortages)
    {
        (DisksLookedAt, _shortage) = (Workflow.UtcNow, shortages.Count == 0 ? null : PlainText.OneLine(string.Join("; ", shortages), ShortageCharacters));
        Show();
    }

    public string? ResumeRefusal() => Held == RunStates.Budget ? $"{Limit.Reached(Used)}: RaiseBudget goes on, Resume does not." : null;

    /// <summary>Takes in what an open run says of itself; of one that is not open nothing.</summary>
    public void Hear(ItemNews news)
    {
        if (!IsOpen(news.WorkflowId, news.RunId))
        {
            return;
        }

        var before = _open[news.WorkflowId];
        _open[news.WorkflowId] = before with
        {
            Usage = news.Usage,
            Waiting = news.Waiting,
            Cause = news.Waiting is null ? null : news.Cause,
            Why = news.Waiting is null || news.Why is null ? null : PlainText.OneLine(news.Why, WhyCharacters),
        };
        if (_wait is { } wait && news.Waiting is null && WaitsWith(before, wait))
        {
            // What all of them wait for is there again.
            _wait = null;
            foreach (var other in _open.Values.Where(open => WaitsWith(open, wait)).ToList())
            {
                Retry(other);
            }
        }

        Settle();
    }

    /// <summary>
    /// Begins to wait as a whole when enough runs wait for the same, names the run that tries, and ends when no run waits for
    /// it any more. One wait at a time: runs that wait for something else try by themselves.
    /// </summary>
    private void Settle()
    {
        if (_wait is { } wait)
        {
            var waiting = _open.Values.Where(open => WaitsWith(open, wait)).ToList();
            _wait = waiting.Count == 0 ? null : waiting.Exists(open => open.WorkflowId == wait.Tries) ? wait : wait with { Tries = waiting[0].WorkflowId };
        }

        if (_wait is null && _input.Tuning.SameCause is > 0 and var enough
            && _open.Values.Where(open => Waits(open) && open.Cause is not null).GroupBy(open => open.Cause!).FirstOrDefault(same => same.Count() >= enough) is { } found)
        {
            var first = found.First();
            _wait = new SharedWait(found.Key, first.Waiting!, Outages.NeighboursWords(first.Why ?? first.Waiting!), first.WorkflowId);
        }
    }

    /// <summary>
    /// Has a run told to try at once. Until it says that it waits again it counts as running: it takes its place back, and
    /// its old words do not make the batch wait anew.
    /// </summary>
    private void Retry(OpenItem open)
    {
        ToRetry.Add(open.WorkflowId);
        if (open.Cause is not null)
        {
            _open[open.WorkflowId] = open with { Waiting = null, Cause = null, Why = null };
        }
    }

    private static bool Waits(OpenItem open) => open.Waiting is not null && open.AgainAt is null;

    private static bool WaitsWith(OpenItem open, SharedWait wait) => Waits(open) && open.Cause == wait.Cause;
}

using Spark.Temporal.Workflows.Contracts;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>
/// Any number of runs, a fixed number of them open at once. The runs outlive each run of the batch and report by signal;
/// it continues as new with the window open, carries only counters and what is open, and counts each end once.
/// </summary>
[Workflow]
public sealed class BatchWorkflow
{
    private readonly BatchInput _input;
    private readonly BatchState _state;
    private readonly BatchScribe _scribe;
    private readonly BatchWindow _window;
    private readonly Temporalio.Workflows.Mutex _list = new();
    private readonly string _resultsPath;

    [WorkflowInit]
    public BatchWorkflow(BatchInput input)
    {
        _input = input;
        _state = new BatchState(input);
        _scribe = new BatchScribe(input);
        _window = new BatchWindow(input, _state, _scribe);
        _resultsPath = ResultsPath(input);
    }

    private static bool Cancelled => Workflow.CancellationToken.IsCancellationRequested;

    /// <summary>The one rule of continuing as new; a cancelled batch closes instead.</summary>
    private bool ShouldContinueAsNew => !Cancelled && (Workflow.ContinueAsNewSuggested || Workflow.CurrentHistoryLength > _input.Tuning.HistoryLimit);

    private bool Over => _state.Open.Count == 0 && _state.Next >= _state.Entries;

    [WorkflowQuery("GetProgress", Description = "How many items stand how, what is open, what ended last, what it has cost. Small, whatever the batch's size.")]
    public BatchProgress GetProgress() => _state.Progress(_resultsPath);

    [WorkflowQuery("GetItems", Description = "Items by number, page by page: {\"offset\": 0, \"limit\": 100, \"state\": \"failed\"}")]
    public ItemsPage GetItems(ItemsRequest request) => _state.Items.Page(request ?? new ItemsRequest(), _state.Name);

    [WorkflowRun]
    public async Task<BatchResult> RunAsync(BatchInput input)
    {
        if (_state.List is null)
        {
            await PlanAsync();
        }

        _state.Show();
        while (!Cancelled)
        {
            await _window.FillAsync(() => !ShouldContinueAsNew && !Cancelled);
            await _window.SteerAsync();
            if (_window.LookDue)
            {
                await _window.LookAsync();
            }

            if (ShouldContinueAsNew && Workflow.AllHandlersFinished)
            {
                await _scribe.FlushAsync();
                if (ShouldContinueAsNew && Workflow.AllHandlersFinished && _scribe.Idle && !_window.HasUntold)
                {
                    var next = _input with { Carry = _state.Carry(_scribe.Results, _scribe.Exported) };
                    throw Workflow.CreateContinueAsNewException((BatchWorkflow batch) => batch.RunAsync(next), ContinuedRuns.OnCurrentVersion);
                }
            }

            if (Over && _scribe.Idle && Workflow.AllHandlersFinished)
            {
                break;
            }

            _window.PlanLook();
            _state.Show();
            await WaitForWorkAsync();
        }

        return await CloseAsync();
    }

    [WorkflowSignal("ItemEnded", Description = "From a run: how it ended. Counted once.")]
    public Task ItemEndedAsync(ItemReport report)
    {
        _window.Take(report);
        return Task.CompletedTask;
    }

    [WorkflowSignal("ItemNews", Description = "From an open run: what it has used and what it waits for.")]
    public Task ItemNewsAsync(ItemNews news)
    {
        if (_state.IsOpen(news.WorkflowId, news.RunId))
        {
            _state.Update(news.WorkflowId, open => open with { Usage = news.Usage, Waiting = news.Waiting });
            _state.Show();
        }

        return Task.CompletedTask;
    }

    [WorkflowUpdate("Pause", Description = "Start nothing new and let all open runs stand still after their step. No value needed.")]
    public Task PauseAsync()
    {
        _state.Paused = true;
        _state.Show();
        return Task.CompletedTask;
    }

    [WorkflowUpdate("Resume", Description = "Go on after a pause; runs that were paused one by one stay so. No value needed.")]
    public Task ResumeAsync()
    {
        _state.Paused = false;
        _state.Show();
        return Task.CompletedTask;
    }

    [WorkflowUpdate("SetParallelism", Description = "Runs open at once: {\"parallelism\": 16}. With fewer than are open, those go on to their end.")]
    public Task SetParallelismAsync(ParallelismRequest request)
    {
        _state.Parallelism = request.Parallelism;
        _state.Show();
        return Task.CompletedTask;
    }

    [WorkflowUpdateValidator(nameof(SetParallelismAsync))]
    public void ValidateParallelism(ParallelismRequest request) => RunControl.Refuse(
        request is null || request.Parallelism is < 1 or > 2000 ? "parallelism is the number of runs open at once, from 1 to 2,000." : null);

    [WorkflowUpdate("RaiseBudget", Description = "New limits of the whole batch: {\"budget_usd\": 25} or {\"budget_tokens\": 5000000}")]
    public Task RaiseBudgetAsync(BudgetRequest request)
    {
        _state.Limit = _state.Limit.With(request.Limit);
        _state.Show();
        return Task.CompletedTask;
    }

    [WorkflowUpdateValidator(nameof(RaiseBudgetAsync))]
    public void ValidateBudget(BudgetRequest request) => RunControl.Refuse(_state.Limit.Refusal(request?.Limit, _state.Used));

    [WorkflowUpdate("AddItems", Description = "More of the same kind, behind what is there: {\"tasks_dir\": \"/tasks\", \"names\": [\"csv-*\"]} or {\"files\": [\"/prompts/one.json\"]}")]
    public async Task<BatchChange> AddItemsAsync(BatchSource request)
    {
        await _list.WaitOneAsync(CancellationToken.None);
        try
        {
            var (before, total) = (_state.Entries, _state.Items.Total);
            var more = Plan(request) with { List = _state.List, Resume = false };
            _state.Planned(await Workflow.ExecuteActivityAsync(
                (IBatchActivities batches) => batches.PlanAsync(more), ActivityProfiles.BatchPlan("list what is added")));
            _state.Show();
            return new BatchChange(_state.Entries - before, _state.Items.Total);
        }
        catch (ActivityFailureException failure)
        {
            throw new ApplicationFailureException(Attempts.ActivityFailures.Words(failure), FailureTypes.InvalidInput, nonRetryable: true);
        }
        finally
        {
            _list.ReleaseMutex();
        }
    }

    [WorkflowUpdateValidator(nameof(AddItemsAsync))]
    public void ValidateAddItems(BatchSource request) => RunControl.Refuse(
        _state.List is null ? "the batch still lists its items; try again when it has."
        : request is null || (request.TasksDir is null && request.Files.Count == 0 && request.List is null) ? "give tasks_dir (with names), files, or list." : null);

    [WorkflowUpdate("RetryFailed", Description = "Run again what did not pass, behind what is there: {\"which\": \"infrastructure\"}, \"failed\" or \"all\".")]
    public async Task<BatchChange> RetryFailedAsync(RetryRequest request)
    {
        await _list.WaitOneAsync(CancellationToken.None);
        try
        {
            var numbers = NumberRanges.Of(_state.Items.In(States(request.Which)));
            if (numbers.Length == 0)
            {
                return new BatchChange(0, _state.Items.Total);
            }

            var before = _state.Entries;
            _state.Planned(await Workflow.ExecuteActivityAsync(
                (IBatchActivities batches) => batches.RetryAsync(new RetryItemsRequest(_state.List!, numbers)), ActivityProfiles.BatchPlan("list what is tried again")));
            _state.Items.Set(numbers, ItemState.ToCome);
            _state.Show();
            return new BatchChange(_state.Entries - before, _state.Items.Total);
        }
        finally
        {
            _list.ReleaseMutex();
        }
    }

    [WorkflowUpdateValidator(nameof(RetryFailedAsync))]
    public void ValidateRetry(RetryRequest request) => RunControl.Refuse(
        _state.List is null ? "the batch still lists its items; nothing has failed yet."
        : request?.Which is not ("failed" or "infrastructure" or "all") ? "which is failed, infrastructure or all." : null);

    private static ItemState[] States(string which) => which switch
    {
        "failed" => [ItemState.Failed],
        "infrastructure" => [ItemState.Infrastructure],
        _ => [ItemState.Failed, ItemState.Infrastructure, ItemState.Cancelled],
    };

    private static string ResultsPath(BatchInput input) => $"{input.OutDir.TrimEnd('/')}/batches/{input.Batch}/results.jsonl";

    private PlanBatchRequest Plan(BatchSource source) =>
        new() { Batch = _input.Batch, OutDir = _input.OutDir, Work = _input.Work, Source = source, Resume = _input.Resume };

    private async Task PlanAsync()
    {
        try
        {
            var plan = await Workflow.ExecuteActivityAsync(
                (IBatchActivities batches) => batches.PlanAsync(Plan(_input.Source)), ActivityProfiles.BatchPlan("list the items"));
            _state.Planned(plan);
            _scribe.Planned(plan);
        }
        catch (ActivityFailureException failure) when (Attempts.ActivityFailures.TypeOf(failure) == FailureTypes.InvalidInput)
        {
            throw new ApplicationFailureException(Attempts.ActivityFailures.Words(failure), FailureTypes.InvalidInput, nonRetryable: true);
        }
    }

    /// <summary>Waits with the workflow's own token: a condition alone is not looked at when nothing but a cancellation arrives.</summary>
    private async Task WaitForWorkAsync()
    {
        try
        {
            await Workflow.WaitConditionAsync(HasWork);
        }
        catch (OperationCanceledException) when (Cancelled)
        {
            // The loop ends, and the batch closes.
        }
    }

    private bool HasWork() => Cancelled || _window.LookDue || _window.HasUntold || (_state.MayStart && !ShouldContinueAsNew)
        || (ShouldContinueAsNew && Workflow.AllHandlersFinished) || (Over && _scribe.Idle && Workflow.AllHandlersFinished);

    /// <summary>Cancels what is open, where the batch was cancelled, and writes the summary either way.</summary>
    private async Task<BatchResult> CloseAsync()
    {
        var cancelled = Cancelled;
        if (cancelled)
        {
            await _window.CancelAsync();
        }

        await _scribe.FlushAsync();
        var summary = await Workflow.ExecuteActivityAsync(
            (IBatchActivities batches) => batches.SummarizeAsync(new SummarizeRequest
            {
                Batch = _input.Batch,
                OutDir = _input.OutDir,
                Work = _input.Work.Kind,
                Results = _scribe.Results,
                Counts = _state.Items.Counts,
                StartedAt = _state.StartedAt,
                FinishedAt = Workflow.UtcNow,
                Cancelled = cancelled,
            }),
            ActivityProfiles.Batches("write the summary"));
        _state.Show(cancelled ? "cancelled" : RunStates.Done);
        await Workflow.WaitConditionAsync(() => Workflow.AllHandlersFinished, CancellationToken.None);
        Workflow.CancellationToken.ThrowIfCancellationRequested();
        return _state.Result(_scribe.Results, summary.Path, _resultsPath);
    }
}

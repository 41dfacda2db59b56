using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>
/// Any number of runs, a fixed number of them open at once. The runs outlive each run of the batch and report by signal;
/// it continues as new with the window open, carries only counters and what is open, and counts each end once.
/// </summary>
[Workflow]
public sealed class BatchWorkflow : WindowWorkflow
{
    private readonly BatchInput _input;
    private readonly BatchRun _run;
    private readonly BatchState _state;
    private readonly Temporalio.Workflows.Mutex _list = new();
    private readonly string _resultsPath;

    [WorkflowInit]
    public BatchWorkflow(BatchInput input)
    {
        _input = input;
        _run = new BatchRun(input);
        _state = _run.State;
        _resultsPath = BatchRun.ResultsPath(input.OutDir, input.Batch);
    }

    private protected override BatchRun Batch => _run;

    [WorkflowQuery("GetProgress", Description = "How many items are in each state, what is open, what ended last, what it has cost. Small, whatever the batch's size.")]
    public BatchProgress GetProgress() => _state.Progress(_resultsPath);

    [WorkflowQuery("GetItems", Description = "Items by number, page by page: {\"offset\": 0, \"limit\": 100, \"state\": \"failed\"}")]
    public ItemsPage GetItems(OperatorValue<ItemsRequest>? request = null)
    {
        Refuse(request?.Problem);
        return _state.Items.Page(request?.Request ?? new ItemsRequest(), _state.Name);
    }

    [WorkflowRun]
    public Task<BatchResult> RunAsync(BatchInput input) => ClosingState.AroundAsync(WorkAsync);

    private async Task<BatchResult> WorkAsync()
    {
        if (_state.List is null)
        {
            await _run.PlanAsync(
                () => Workflow.ExecuteActivityAsync((IBatchActivities batches) => batches.PlanAsync(Plan(_input.Source)), ActivityProfiles.BatchPlan("list the items")),
                plan => plan);
        }
        else
        {
            await _run.MoveOnAsync();
        }

        while (true)
        {
            if (await _run.WorkAsync())
            {
                var next = _input with { Carry = _run.Carry() };
                throw Workflow.CreateContinueAsNewException((BatchWorkflow batch) => batch.RunAsync(next), ContinuedRuns.OnCurrentVersion);
            }

            var result = await CloseAsync();
            if (_run.Over || BatchRun.Cancelled)
            {
                Workflow.CancellationToken.ThrowIfCancellationRequested();
                return result;
            }

            // Something was added while the summary was written.
        }
    }

    [WorkflowUpdate("AddItems", Description = "More of the same kind, behind what is there: {\"tasks_dir\": \"/tasks\", \"names\": [\"csv-*\"]} or {\"files\": [\"/prompts/one.json\"]}")]
    public async Task<BatchChange> AddItemsAsync(OperatorValue<BatchSource>? request = null)
    {
        await _run.DecidedAsync();
        await _list.WaitOneAsync(CancellationToken.None);
        try
        {
            var (before, total) = (_state.Entries, _state.Items.Total);
            var more = Plan(request!.Request!) with { List = _state.List, Resume = false };
            var plan = await Workflow.ExecuteActivityAsync((IBatchActivities batches) => batches.PlanAsync(more), ActivityProfiles.BatchPlan("list what is added"));
            _state.Planned(plan);
            _state.Show();
            return new BatchChange(_state.Entries - before, _state.Items.Total) { LeftOut = plan.LeftOut };
        }
        catch (ActivityFailureException failure)
        {
            throw ActivityFailures.AsRefusal(failure);
        }
        finally
        {
            _list.ReleaseMutex();
        }
    }

    [WorkflowUpdateValidator(nameof(AddItemsAsync))]
    public void ValidateAddItems(OperatorValue<BatchSource>? request = null) => Refuse(
        _state.List is null ? "the batch still lists its items; try again when it has."
        : OperatorValue.Refusal(request)
            ?? (request!.Request! is { TasksDir: null, Files: [], List: null } ? $"tasks_dir, files or list is missing; send {BatchSource.Example}." : null));

    [WorkflowUpdate("RetryFailed", Description = "Run again what did not pass, behind what is there: {\"which\": \"infrastructure\"}, \"failed\" or \"all\".")]
    public async Task<BatchChange> RetryFailedAsync(OperatorValue<RetryRequest>? request = null)
    {
        await _run.DecidedAsync();
        await _list.WaitOneAsync(CancellationToken.None);
        try
        {
            var states = States(Which(request));
            var numbers = NumberRanges.Of(_state.Items.In(states));
            if (numbers.Length == 0)
            {
                return new BatchChange(0, _state.Items.Total);
            }

            var before = _state.Entries;
            var retried = new RetryItemsRequest(_state.List!, numbers)
            {
                Unfinished = NumberRanges.Of(_state.Items.In([.. states.Where(state => state != ItemState.Failed)])), Batch = _input.Batch, Work = _input.Work,
            };
            _state.Planned(await Workflow.ExecuteActivityAsync((IBatchActivities batches) => batches.RetryAsync(retried), ActivityProfiles.BatchPlan("list what is tried again")));
            _state.Items.Set(numbers, ItemState.ToCome);
            _state.Show();
            return new BatchChange(_state.Entries - before, _state.Items.Total);
        }
        catch (ActivityFailureException failure)
        {
            throw ActivityFailures.AsRefusal(failure);
        }
        finally
        {
            _list.ReleaseMutex();
        }
    }

    [WorkflowUpdateValidator(nameof(RetryFailedAsync))]
    public void ValidateRetry(OperatorValue<RetryRequest>? request = null) => Refuse(
        _state.List is null ? "the batch still lists its items; nothing has failed yet."
        : request?.Problem ?? (Which(request) is not ("failed" or "infrastructure" or "all") ? $"which is failed, infrastructure or all: {RetryRequest.Example}." : null));

    private static string Which(OperatorValue<RetryRequest>? request) => (request?.Request ?? new RetryRequest()).Which;

    private static ItemState[] States(string which) => which switch
    {
        "failed" => [ItemState.Failed],
        "infrastructure" => [ItemState.Infrastructure],
        _ => [ItemState.Failed, ItemState.Infrastructure, ItemState.Cancelled],
    };

    private PlanBatchRequest Plan(BatchSource source) =>
        new() { Batch = _input.Batch, OutDir = _input.OutDir, Work = _input.Work, Source = source, Resume = _input.Resume };

    /// <summary>Ends what is open, where the batch was cancelled, and writes the summary either way.</summary>
    private async Task<BatchResult> CloseAsync()
    {
        var cancelled = BatchRun.Cancelled;
        await _run.CloseAsync();
        var request = new SummarizeRequest
        {
            Batch = _input.Batch,
            OutDir = _input.OutDir,
            Work = _input.Work.Kind,
            Results = _run.Writer.Results,
            Counts = _state.Items.Counts,
            StartedAt = _state.StartedAt,
            FinishedAt = Workflow.UtcNow,
            Cancelled = cancelled,
            List = _state.List,
        };
        var summary = await BatchRecords.RunAsync(_state, (IBatchActivities batches) => batches.SummarizeAsync(request), "write the summary");
        _state.Show(cancelled ? RunStates.Cancelled : RunStates.Done);
        await Workflow.WaitConditionAsync(() => Workflow.AllHandlersFinished, CancellationToken.None);
        return _state.Result(_run.Writer.Results, summary, _resultsPath);
    }
}

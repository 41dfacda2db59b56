using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>
/// The work of a batch in one run of its workflow: the open window filled, steered and looked after, ends counted and kept.
/// Every workflow that has such a window works with it, whatever its items and results are.
/// </summary>
internal sealed class BatchRun
{
    private readonly BatchInput _input;
    private readonly BatchDisks _disks;
    private bool _moving;

    /// <param name="input">The batch.</param>
    /// <param name="about">Text above its details; null for nothing.</param>
    /// <param name="ended">Called for every item that ended.</param>
    public BatchRun(BatchInput input, Func<string>? about = null, Action<ItemResult>? ended = null)
    {
        (_input, _moving) = (input, input.Carry is not null);
        State = new BatchState(input, about);
        Writer = new ResultWriter(input, State);
        Window = new BatchWindow(input, State, Writer, ended);
        _disks = new BatchDisks(input, State);
    }

    public BatchState State { get; }
    public ResultWriter Writer { get; }
    public BatchWindow Window { get; }

    public static bool Cancelled => Workflow.CancellationToken.IsCancellationRequested;

    /// <summary>Path of the file with one <see cref="ItemResult"/> a line.</summary>
    public static string ResultsPath(string outDir, string batch) => $"{outDir.TrimEnd('/')}/batches/{batch}/results.jsonl";

    /// <summary>Whether it may continue as new this moment: nothing is on its way that the next run would not hear of.</summary>
    public bool MayContinueAsNew => ShouldContinueAsNew && Workflow.AllHandlersFinished && Writer.Idle && !Window.HasUntold;

    /// <summary>Whether all there is has ended.</summary>
    public bool Over => State.Open.Count == 0 && State.Next >= State.Entries;

    /// <summary>Whether runs are about to be started.</summary>
    private bool MayStart => !ShouldContinueAsNew && (State.MayStart || Window.HasAgain);

    /// <summary>The one rule of continuing as new; a cancelled batch closes instead.</summary>
    private bool ShouldContinueAsNew => !Cancelled && (Workflow.ContinueAsNewSuggested || Workflow.CurrentHistoryLength > _input.Tuning.HistoryLimit);

    /// <summary>Lists the items outside the history; where the request gives none, the workflow fails with the activity's words.</summary>
    /// <param name="list">The activity.</param>
    /// <param name="planOf">The list in what it returns.</param>
    public async Task<T> PlanAsync<T>(Func<Task<T>> list, Func<T, BatchPlan> planOf)
    {
        try
        {
            var listed = await list();
            State.Planned(planOf(listed));
            Writer.Planned(planOf(listed));
            return listed;
        }
        catch (ActivityFailureException failure) when (ActivityFailures.TypeOf(failure) == FailureTypes.InvalidInput)
        {
            throw ActivityFailures.AsRefusal(failure);
        }
    }

    /// <summary>The first step of a run that continues another one: it may have to go on with another version of the code.</summary>
    public async Task MoveOnAsync()
    {
        try
        {
            State.Version = await ContinuedRuns.MoveOnAsync();
        }
        finally
        {
            _moving = false;
        }
    }

    /// <summary>Waits until that is decided: till then nothing may give a command, since two versions of the code must agree on them.</summary>
    public Task DecidedAsync() => _moving ? Workflow.WaitConditionAsync(() => !_moving, CancellationToken.None) : Task.CompletedTask;

    /// <summary>Works until all has ended, or the batch is cancelled, or has to go on in another run.</summary>
    /// <returns>Whether it has to go on in another run; <see cref="MayContinueAsNew"/> as long as nothing is awaited meanwhile.</returns>
    public async Task<bool> WorkAsync()
    {
        State.Show();
        while (!Cancelled)
        {
            if (_disks.Due(MayStart))
            {
                await _disks.LookAsync();
            }

            await Window.FillAsync(() => !ShouldContinueAsNew && !Cancelled);
            await Window.SteerAsync();
            if (Window.LookDue)
            {
                await Window.LookAsync();
            }

            if (ShouldContinueAsNew && Workflow.AllHandlersFinished)
            {
                await Writer.FlushAsync();
                if (MayContinueAsNew)
                {
                    return true;
                }
            }

            if (Over && Writer.Idle && Workflow.AllHandlersFinished)
            {
                break;
            }

            Window.PlanAgain();
            Window.PlanLook();
            _disks.PlanLook();
            State.Show();
            await WaitForWorkAsync();
        }

        return false;
    }

    /// <summary>Cancels what is open, where the batch was cancelled, and keeps what there is.</summary>
    public async Task CloseAsync()
    {
        if (Cancelled)
        {
            await Window.CancelAsync();
        }

        await Writer.FlushAsync();
    }

    public BatchCarry Carry() => State.Carry(Writer.Results, Writer.Exported);

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

    private bool HasWork() => Cancelled || Window.LookDue || Window.HasUntold || Window.HasAgain || (State.MayStart && !ShouldContinueAsNew) || _disks.Due(starts: false)
        || (ShouldContinueAsNew && Workflow.AllHandlersFinished) || (Over && Writer.Idle && Workflow.AllHandlersFinished);
}

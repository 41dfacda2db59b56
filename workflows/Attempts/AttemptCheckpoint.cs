using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>
/// Between the steps of an attempt: waits while it is paused or out of budget, gives the container back after a
/// while, and tells the run or the batch above what it waits for and what it has cost.
/// </summary>
internal sealed class AttemptCheckpoint(AttemptInput input, RunControl control, Action show, Action giveBack)
{
    private bool _warned;
    private TokenUsage _told = TokenUsage.None;
    private DateTime _toldAt = Workflow.UtcNow;

    /// <summary>Whether it is time to say what it has cost, though nothing else is to be said.</summary>
    private bool NewsDue => control.Usage.TotalTokens > _told.TotalTokens
        && (Workflow.UtcNow - _toldAt >= TimeSpan.FromSeconds(input.Limits.NewsSec)
            || (input.NewsStep ?? input.Parent?.Step)?.Above(_told).Reached(control.Usage) is not null);

    /// <param name="paid">Whether what follows costs something; only that waits for a budget.</param>
    public async Task PassAsync(bool paid)
    {
        show();
        while (control.ReasonFor(paid) is { } reason)
        {
            control.Declare(reason, control.Why(reason));
            await TellAsync(reason);
            var keep = TimeSpan.FromSeconds(input.Limits.PausedContainerSec);
            var resumed = await Workflow.WaitConditionWithOptionsAsync(
                new(() => control.ReasonFor(paid) is null) { Timeout = keep, TimeoutSummary = $"{reason}: keep the container" });
            if (!resumed)
            {
                giveBack();
                await Workflow.WaitConditionAsync(() => control.ReasonFor(paid) is null);
            }

            control.Declare(RunStates.Running, "");
            await TellAsync(null);
        }

        var near = control.BudgetWarning.Length > 0;
        if (NewsDue)
        {
            control.Declare(RunStates.Running, "");
            await TellAsync(null);
        }
        else if (near && !_warned)
        {
            await TellAsync(null);
        }

        _warned = near;
    }

    /// <summary>Tells the run above what a cancelled attempt has cost, since it has no result that says so.</summary>
    public async Task LastNewsAsync()
    {
        if (input.Parent is not null || control.ModelCalls == 0)
        {
            return;
        }

        await TellAsync(null);
    }

    /// <summary>Tells the run or the batch above what the attempt waits for, null when it goes on. One that is gone changes nothing.</summary>
    public async Task TellAsync(string? reason)
    {
        (_told, _toldAt) = (control.Usage, Workflow.UtcNow);
        var why = reason is null ? null : PlainText.OneLine(control.WaitsFor, 900);
        if (input.Parent is not null && reason is not null && control is { IsHeld: true, Cause: null })
        {
            // The batch itself holds it: it waits for nothing else.
            return;
        }

        if (input.Parent is { } parent)
        {
            await ParentReports.NewsAsync(parent, control.Usage, reason, control.Cause, why);
        }
        else if (Workflow.Info.Parent is { } run)
        {
            var news = new AttemptNews(input.Number, reason, control.Usage.CostUsd, control.Usage, why, control.Cause);
            await QuietSignals.SendAsync(run.WorkflowId, "AttemptNews", news);
        }
    }
}

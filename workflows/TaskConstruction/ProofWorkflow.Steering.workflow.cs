using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <content>What a person and the construction above may ask and tell the proof, and what it tells them.</content>
public sealed partial class ProofWorkflow
{
    [WorkflowQuery("GetProgress", Description = "What the proof does, and what was checked so far.")]
    public ProofProgress GetProgress() => new(_state.Step, _state.Checks);

    [WorkflowUpdate("Resume", Description = "Try again what the proof waits for. No value needed.")]
    public Task ResumeAsync()
    {
        _control.Resume();
        return Task.CompletedTask;
    }

    [WorkflowSignal("TryAgain", Description = "From the construction: what the proof waits for may be there again.")]
    public Task TryAgainAsync()
    {
        _control.Retry();
        return Task.CompletedTask;
    }

    /// <summary>Tells the construction above what is waited for; one that is gone changes nothing.</summary>
    private async Task TellAsync(string? state)
    {
        if (Workflow.Info.Parent is not { } parent)
        {
            return;
        }

        var news = new AttemptNews(0, state, 0, null, state is null ? null : PlainText.OneLine(_control.WaitsFor, 900), _control.Cause);
        await QuietSignals.SendAsync(parent.WorkflowId, "ProofNews", news);
    }
}

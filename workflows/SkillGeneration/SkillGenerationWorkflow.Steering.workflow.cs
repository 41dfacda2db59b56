using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <content>What a person, the batch above and the attempt below may ask and tell the run.</content>
public sealed partial class SkillGenerationWorkflow
{
    private const string Over = "the run makes no further attempt: one has passed, or the task cannot run.";

    private int _retriesTold;
    private bool _toSteer;
    private bool _steering;

    private protected override RunControl Control => _state.Control;

    [WorkflowQuery("GetProgress", Description = "Progress of the run: attempts with outcome, reward, PDI, intervention and cost.")]
    public SkillProgress GetProgress() => _state.Progress();

    [WorkflowQuery("GetMemo", Description = "The exploration memo as it is now.")]
    public string GetMemo() => _state.Memo;

    [WorkflowQuery("GetPdiHistory", Description = "Every PDI proxy snapshot so far, oldest first.")]
    public IReadOnlyList<Domain.Pdi.PdiSnapshot> GetPdiHistory() => [.. _reflections.Snapshots.Select(snapshot => snapshot.Rounded())];

    [WorkflowQuery("GetRecords", Description = "References to what is kept of each attempt; a fork starts from them.")]
    public IReadOnlyList<KeptAttempt> GetRecords() => _state.Records();

    [WorkflowUpdate("AddGuidance", Description = "Text for the next attempt's instruction: {\"text\": \"…\"}")]
    public Task AddGuidanceAsync(OperatorValue<GuidanceRequest>? request = null)
    {
        _state.PendingGuidance.Add(request!.Request!.Text.Trim());
        _state.Show(_state.Step);
        return Task.CompletedTask;
    }

    [WorkflowUpdateValidator(nameof(AddGuidanceAsync))]
    public void ValidateGuidance(OperatorValue<GuidanceRequest>? request = null) => Refuse(
        GuidanceRequest.Refusal(request)
        ?? (_state.Ended ? Over : _state.Scored >= _state.MaxAttempts ? "no attempt is left that could be told; send ExtendAttempts first." : null));

    [WorkflowUpdate("ExtendAttempts", Description = "Allow more attempts: {\"attempts\": 3}")]
    public Task<int> ExtendAttemptsAsync(OperatorValue<ExtendRequest>? request = null)
    {
        _state.MaxAttempts += request!.Request!.Attempts;
        _state.Show(_state.Step);
        return Task.FromResult(_state.MaxAttempts);
    }

    [WorkflowUpdateValidator(nameof(ExtendAttemptsAsync))]
    public void ValidateExtend(OperatorValue<ExtendRequest>? request = null) => Refuse(ExtendRequest.Refusal(request) ?? (_state.Ended ? Over : null));

    [WorkflowSignal("AttemptNews", Description = "From the attempt: what it waits for and what it has cost.")]
    public Task AttemptNewsAsync(AttemptNews news)
    {
        _state.Hear(news);

        // What it waits for the batch hears anyway. That of a cancelled run ends, and does not go on.
        return news.Waiting is null && !Workflow.CancellationToken.IsCancellationRequested ? ParentReports.NewsAsync(_input.Parent, _state.Control.Spent, null) : Task.CompletedTask;
    }

    /// <summary>What changes for the run changes for its attempt.</summary>
    private protected override Task ChangeAsync(Action change)
    {
        change();
        return SteerAsync();
    }

    /// <summary>Tells the attempt the newest state. One signal after the other: if two were under way at once, the older could arrive last.</summary>
    private async Task SteerAsync()
    {
        _toSteer = true;
        if (_steering)
        {
            await Workflow.WaitConditionAsync(() => !_steering);
            return;
        }

        _steering = true;
        try
        {
            while (_toSteer && _attempt is { } running)
            {
                _toSteer = false;
                var retry = _state.Control.Retries != _retriesTold;
                _retriesTold = _state.Control.Retries;
                var steering = new AttemptSteering(_state.Control.StandsStill, _state.Control.Limit.Usd, _state.Control.Limit.Tokens, retry);
                await running.SignalAsync(attempt => attempt.SteerAsync(steering), new() { CancellationToken = CancellationToken.None });
            }
        }
        catch (FailureException)
        {
            // The attempt has just ended; the next one starts with what is known by then.
        }
        finally
        {
            _steering = false;
        }
    }
}

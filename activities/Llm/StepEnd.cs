using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// How a model call may be ended from outside. A cancel ends it at once. A person who pauses or resets it (<c>temporal activity pause</c>)
/// wants no further request, but the one in flight is paid for: it comes to its end, and the call ends after that.
/// </summary>
internal sealed class StepEnd : IAsyncDisposable
{
    private readonly ActivityExecutionContext _context;
    private readonly StepSignals _signals;
    private readonly CancellationTokenSource _abort = new();
    private readonly CancellationTokenRegistration _registration;
    private Task _said = Task.CompletedTask;

    public StepEnd(ActivityExecutionContext context, StepSignals signals)
    {
        (_context, _signals) = (context, signals);
        _registration = context.CancellationToken.Register(Cancelled);
    }

    /// <summary>Nothing new is begun after this.</summary>
    public CancellationToken Stop => _context.CancellationToken;

    /// <summary>Also what is in flight ends.</summary>
    public CancellationToken Abort => _abort.Token;

    /// <summary>Says that the step goes on after it has waited for something; a person who holds it is what it waits for next.</summary>
    public async Task GoesOnAsync()
    {
        if (Stop.IsCancellationRequested && IsHeld && _context.CancellationDetails!.IsPaused)
        {
            await _said;
            await SayPausedAsync();
        }
        else
        {
            await _signals.GoesOnAsync(_context);
        }
    }

    /// <summary>Ends a call that a person holds, now that nothing is lost by it.</summary>
    /// <exception cref="OperationCanceledException">It is held.</exception>
    public async Task EndIfHeldAsync()
    {
        if (Stop.IsCancellationRequested && IsHeld)
        {
            await _said;
            Stop.ThrowIfCancellationRequested();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _registration.DisposeAsync();
        await _said;
        _abort.Dispose();
    }

    private bool IsHeld => _context.CancellationDetails is { IsCancelRequested: false, IsGoneFromServer: false, IsTimedOut: false, IsWorkerShutdown: false } details
        && (details.IsPaused || details.IsReset);

    private void Cancelled()
    {
        if (!IsHeld)
        {
            _abort.Cancel();
        }
        else if (_context.CancellationDetails!.IsPaused)
        {
            _said = SayPausedAsync();
        }
    }

    private Task SayPausedAsync() => _signals.WaitsAsync(
        _context,
        RunStates.Paused,
        $"A person holds this step. It goes on with: temporal activity unpause --workflow-id '{_context.Info.WorkflowId}' --activity-id {_context.Info.ActivityId}");
}

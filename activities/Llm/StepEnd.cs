using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// How a model call may be ended from outside. A cancel ends it at once, and so does a worker that must go. A person who pauses or resets it
/// (<c>temporal activity pause</c>), a run that was reset, or a server that gave the call up want no further request, but the one in
/// flight is paid for: it comes to its end, and the call ends after that.
/// </summary>
internal sealed class StepEnd : IAsyncDisposable
{
    private readonly ActivityExecutionContext _context;
    private readonly StepSignals _signals;
    private readonly CancellationTokenSource _abort = new();
    private readonly CancellationTokenSource _leave = new();
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

    /// <summary>Nobody waits any more for a reply to be stored.</summary>
    public CancellationToken Leave => _leave.Token;

    private bool IsPaused => Stop.IsCancellationRequested && _context.CancellationDetails is { IsPaused: true } && EndsAfterFlight;

    private bool EndsAfterFlight => _context.CancellationDetails is { IsCancelRequested: false, IsWorkerShutdown: false } details
        && (details.IsPaused || details.IsReset || details.IsGoneFromServer || details.IsTimedOut);

    /// <summary>Says that the step goes on after it has waited for something; a person who holds it is what it waits for next.</summary>
    public async Task GoesOnAsync()
    {
        if (IsPaused)
        {
            await _said;
            await SayPausedAsync();
        }
        else
        {
            await _signals.GoesOnAsync(_context);
        }
    }

    /// <summary>Ends a call that is to end after what was in flight, now that nothing is lost by it.</summary>
    /// <exception cref="OperationCanceledException">It is to end.</exception>
    public async Task EndAfterFlightAsync()
    {
        if (Stop.IsCancellationRequested && EndsAfterFlight)
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
        _leave.Dispose();
    }

    private void Cancelled()
    {
        if (!EndsAfterFlight)
        {
            _abort.Cancel();
            _leave.Cancel();
        }
        else if (_context.CancellationDetails is { IsGoneFromServer: true } or { IsTimedOut: true })
        {
            _leave.Cancel();
        }
        else if (IsPaused)
        {
            _said = SayPausedAsync();
        }
    }

    private Task SayPausedAsync() => _signals.WaitsAsync(
        _context,
        RunStates.Paused,
        $"A person holds this step. It goes on with: temporal activity unpause --workflow-id '{_context.Info.WorkflowId}' --activity-id {_context.Info.ActivityId}");
}

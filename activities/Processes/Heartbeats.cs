using Temporalio.Activities;

namespace Spark.Temporal.Activities.Processes;

/// <summary>
/// The heartbeats of one activity, through which a cancel reaches it: at most one per interval, however often its steps report,
/// and none close to its end. The SDK records a heartbeat in the background; if it arrives after the completion, the SDK logs
/// an error.
/// </summary>
internal sealed class Heartbeats : IAsyncDisposable
{
    /// <summary>Well below the 15 s after which a silent activity counts as lost.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>How long recording a heartbeat may take.</summary>
    private static readonly TimeSpan Recording = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly Action<string?> _beat;
    private readonly TimeProvider _time;
    private readonly TimeSpan _every;
    private readonly ITimer _timer;
    private long _last;
    private bool _beaten;
    private string? _said;
    private bool _ended;

    private Heartbeats(Action<string?> beat, TimeProvider time, TimeSpan every)
    {
        _beat = beat;
        _time = time;
        _every = every;
        _last = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Tick(), null, every, every);
    }

    /// <summary>Beats until it is disposed; a quick activity sends none.</summary>
    /// <param name="context">The activity; its heartbeats carry what was shown last.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="every">How often; null for <see cref="Interval"/>.</param>
    public static Heartbeats Start(ActivityExecutionContext context, TimeProvider time, TimeSpan? every = null) =>
        Start(said => context.Heartbeat(said is null ? [] : [said]), time, every);

    /// <summary>The same for any receiver of beats.</summary>
    /// <param name="beat">Takes what was shown last.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="every">How often; null for <see cref="Interval"/>.</param>
    public static Heartbeats Start(Action<string?> beat, TimeProvider time, TimeSpan? every = null) => new(beat, time, every ?? Interval);

    /// <summary>Beats if it is time.</summary>
    public void Beat()
    {
        lock (_lock)
        {
            if (!_ended && _time.GetElapsedTime(_last) >= _every / 2)
            {
                (_last, _beaten) = (_time.GetTimestamp(), true);
                _beat(_said);
            }
        }
    }

    /// <summary>What the next heartbeats show; null for nothing.</summary>
    public void Show(string? text)
    {
        lock (_lock)
        {
            _said = text;
        }
    }

    /// <summary>Waits for work, saying every <see cref="Interval"/> that it is alive; leaves at once when cancelled.</summary>
    public static async Task<T> WhileAsync<T>(Task<T> work, Action beat, CancellationToken cancellationToken)
    {
        while (true)
        {
            beat();
            try
            {
                return await work.WaitAsync(Interval, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Time for the next beat, unless the work ended in the same moment, or with a time-out of its own.
                if (work.IsCompleted)
                {
                    return await work;
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        TimeSpan left;
        lock (_lock)
        {
            _ended = true;
            left = _beaten ? Recording - _time.GetElapsedTime(_last) : TimeSpan.Zero;
        }

        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, _time);
        }
    }

    private void Tick()
    {
        try
        {
            Beat();
        }
        catch (Exception)
        {
            // A beat may fail: the server notices the missing beats and ends the activity.
        }
    }
}

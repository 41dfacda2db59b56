using Temporalio.Activities;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Heartbeats of a waiting activity, by which a cancel reaches it; they end when this is disposed.</summary>
internal sealed class Heartbeats : IDisposable
{
    private readonly CancellationTokenSource _end = new();

    /// <param name="context">The activity.</param>
    /// <param name="every">How often.</param>
    /// <param name="atOnce">Whether the first one is now; a short activity without it sends none.</param>
    public static Heartbeats Start(ActivityExecutionContext context, TimeSpan every, bool atOnce = true)
    {
        var heartbeats = new Heartbeats();
        if (atOnce)
        {
            context.Heartbeat();
        }

        _ = BeatAsync(context, every, heartbeats._end.Token);
        return heartbeats;
    }

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
    }

    private static async Task BeatAsync(ActivityExecutionContext context, TimeSpan every, CancellationToken end)
    {
        using var timer = new PeriodicTimer(every);
        try
        {
            while (await timer.WaitForNextTickAsync(end))
            {
                context.Heartbeat();
            }
        }
        catch (OperationCanceledException)
        {
            // The activity is over.
        }
    }
}

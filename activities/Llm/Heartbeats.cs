using Temporalio.Activities;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Heartbeats of a waiting activity, by which a cancel reaches it; they end when this is disposed.</summary>
internal sealed class Heartbeats : IDisposable
{
    private readonly CancellationTokenSource _end = new();

    public static Heartbeats Start(ActivityExecutionContext context, TimeSpan every)
    {
        var heartbeats = new Heartbeats();
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
            do
            {
                context.Heartbeat();
            }
            while (await timer.WaitForNextTickAsync(end));
        }
        catch (OperationCanceledException)
        {
            // The activity is over.
        }
    }
}

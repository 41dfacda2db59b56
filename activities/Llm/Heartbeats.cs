using Temporalio.Activities;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Heartbeats of a waiting activity, by which a cancel reaches it; they end when this is disposed.</summary>
internal sealed class Heartbeats : IDisposable
{
    private readonly Timer _timer;

    private Heartbeats(Timer timer) => _timer = timer;

    public static Heartbeats Start(ActivityExecutionContext context, TimeSpan every) =>
        new(new Timer(_ => context.Heartbeat(), state: null, TimeSpan.Zero, every));

    public void Dispose() => _timer.Dispose();
}

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Waiting that keeps saying it is alive.</summary>
internal static class Pulse
{
    /// <summary>Well below the 15 s after which a silent activity counts as lost.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Beats every <see cref="Interval"/> until it is disposed.</summary>
    public static IAsyncDisposable Start(Action beat) => new Timer(
        _ =>
        {
            try
            {
                beat();
            }
            catch (Exception)
            {
                // A beat that does not get through is missed by the server, which is what beats are for.
            }
        },
        null,
        Interval,
        Interval);

    /// <summary>Waits for work, beating at once and then every <see cref="Interval"/>; leaves at once when cancelled.</summary>
    public static async Task<T> WhileAsync<T>(Task<T> work, Action beat, CancellationToken cancellationToken)
    {
        while (true)
        {
            beat();
            try
            {
                return await work.WaitAsync(Interval, cancellationToken);
            }
            catch (TimeoutException) when (!work.IsCompleted)
            {
                // Time for the next beat.
            }
        }
    }
}

using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Servers;

/// <summary>Keeps something running: starts it again when it ended, after 1 s at first and up to 10 s when it keeps ending.</summary>
/// <param name="delay">Waits; a test's own.</param>
/// <param name="clock">For how long it ran.</param>
internal sealed class Supervisor(Func<TimeSpan, CancellationToken, Task> delay, TimeProvider clock)
{
    public static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    // What ran this long counts as healthy: its end is a new mishap, not the same one again.
    public static readonly TimeSpan Healthy = TimeSpan.FromSeconds(30);

    public Supervisor()
        : this(Task.Delay, TimeProvider.System)
    {
    }

    /// <summary>The wait before the next start.</summary>
    /// <param name="last">The wait before the last one, null at the first end.</param>
    /// <param name="ran">How long it ran.</param>
    public static TimeSpan NextDelay(TimeSpan? last, TimeSpan ran) =>
        last is not { } before || ran >= Healthy ? FirstDelay
        : before * 2 < LongestDelay ? before * 2
        : LongestDelay;

    /// <summary>Runs until cancelled.</summary>
    /// <param name="start">Starts it; ends with a task that ends when it does. A failure to start counts as an end.</param>
    /// <param name="ended">Told the wait before the next start, and why it could not be started if that was so.</param>
    /// <param name="cancellationToken">Ends the supervision, not what is supervised.</param>
    public async Task RunAsync(Func<CancellationToken, Task<Task>> start, Action<TimeSpan, string?> ended, CancellationToken cancellationToken)
    {
        TimeSpan? wait = null;
        while (true)
        {
            var began = clock.GetTimestamp();
            string? problem = null;
            try
            {
                await await start(cancellationToken);
            }
            catch (CliException failure)
            {
                problem = failure.Message;
            }

            cancellationToken.ThrowIfCancellationRequested();
            wait = NextDelay(wait, clock.GetElapsedTime(began));
            ended(wait.Value, problem);
            await delay(wait.Value, cancellationToken);
        }
    }
}

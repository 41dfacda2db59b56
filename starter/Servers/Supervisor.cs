using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Servers;

/// <summary>Keeps something running: starts it again after it ended, first after 1 s, later after up to 10 s if it keeps ending.</summary>
/// <param name="delay">Waits; replaced in tests.</param>
/// <param name="clock">Measures how long it ran.</param>
internal sealed class Supervisor(Func<TimeSpan, CancellationToken, Task> delay, TimeProvider clock)
{
    public static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    // After this time it counts as healthy: a later end is a new failure, not the same one again.
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
    /// <param name="ended">Gets the wait before the next start, and the reason where it could not be started.</param>
    /// <param name="cancellationToken">Ends the supervision, not the supervised process.</param>
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

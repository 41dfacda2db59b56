using System.Diagnostics;

namespace Spark.Temporal.Tests.Support;

/// <summary>Waiting by repeated assertion.</summary>
public static class Eventually
{
    /// <summary>Repeats a check until it throws nothing; then, or when the time is over, its last outcome stands.</summary>
    public static async Task PassesAsync(Func<Task> check, TimeSpan? within = null)
    {
        var clock = Stopwatch.StartNew();
        var limit = within ?? TimeSpan.FromSeconds(30);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            try
            {
                using (new NUnit.Framework.Internal.TestExecutionContext.IsolatedContext())
                {
                    await check();
                }

                return;
            }
            catch (Exception) when (clock.Elapsed < limit)
            {
                await pause.WaitForNextTickAsync();
            }
        }
    }

    /// <summary>Repeats a check until it is true.</summary>
    public static Task IsTrueAsync(Func<Task<bool>> check, string what, TimeSpan? within = null) => IsTrueAsync(check, () => what, within);

    /// <summary>Repeats a check until it is true; what was expected is put into words at the end, with the logs as they are then.</summary>
    public static Task IsTrueAsync(Func<Task<bool>> check, Func<string> what, TimeSpan? within = null) => PassesAsync(
        async () =>
        {
            if (!await check())
            {
                throw new TimeoutException($"Not so in time: {what()}");
            }
        },
        within);
}

using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Spark.Temporal.Workers;

/// <summary>Ends this process without waiting for what it does.</summary>
internal static class ProcessEnd
{
    /// <summary>The first signal to stop lets activities end; from the second on the process ends at once.</summary>
    /// <returns>Dispose it to handle signals no more.</returns>
    public static IDisposable AtSecondSignal()
    {
        var signals = 0;
        void OnSignal(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (Interlocked.Increment(ref signals) > 1)
            {
                Now();
            }
        }

        return new Registrations([PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal)]);
    }

    /// <summary>Ends it a while later, should it still run then.</summary>
    public static void After(TimeSpan time) => _ = Task.Delay(time).ContinueWith(_ => Now(), TaskScheduler.Default);

    // Nothing that may wait is done on the way: what this process knows is in the store and on the server already.
    private static void Now() => Process.GetCurrentProcess().Kill();

    private sealed class Registrations(IReadOnlyList<IDisposable> all) : IDisposable
    {
        public void Dispose()
        {
            foreach (var one in all)
            {
                one.Dispose();
            }
        }
    }
}

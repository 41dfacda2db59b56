using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Spark.Temporal.Tests.Support;

/// <summary>How the work of a function grows with its input. Work is processor time of its thread: other processes add nothing to it.</summary>
internal static class Growth
{
    private const int Times = 4;
    private const int Tries = 5;
    private const int ThreadProcessorTime = 3;

    /// <summary>
    /// The work for four times the input over the work for the input itself: near 4 where it is linear, near 16 where it is
    /// quadratic. Of each the least of some tries counts.
    /// </summary>
    /// <param name="size">Size of the input itself; large enough that the work is more than a call.</param>
    /// <param name="input">Makes an input of a size; not measured.</param>
    /// <param name="work">Does the work, on the thread that calls it.</param>
    public static double Of<T>(int size, Func<int, T> input, Action<T> work)
    {
        T small = input(size), large = input(size * Times);
        long least = long.MaxValue, most = long.MaxValue;
        for (var at = 0; at < Tries; at++)
        {
            least = Math.Min(least, Nanoseconds(small));
            most = Math.Min(most, Nanoseconds(large));
        }

        return (double)most / Math.Max(1, least);

        long Nanoseconds(T given)
        {
            var before = Now();
            work(given);
            return Now() - before;
        }
    }

    private static long Now() => OperatingSystem.IsLinux() && ReadClock(ThreadProcessorTime, out var time) == 0
        ? (time.Seconds * 1_000_000_000) + time.Nanoseconds
        : (long)Stopwatch.GetElapsedTime(0).TotalNanoseconds;

    [DllImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ReadClock(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Time
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}

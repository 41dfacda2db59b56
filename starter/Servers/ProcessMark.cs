using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Spark.Temporal.Starter.Servers;

/// <summary>Identifies a process, so that a later one with the same number is not mistaken for it.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="Started">When it started, in the system's own unit.</param>
internal sealed record ProcessMark(int Pid, string Started)
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    /// <summary>This process.</summary>
    public static ProcessMark Self => Of(Environment.ProcessId)!;

    [JsonIgnore]
    public bool IsAlive => StartOf(Pid) == Started;

    /// <summary>The mark of a running process, null when there is no process with that number.</summary>
    public static ProcessMark? Of(int pid) => StartOf(pid) is { } started ? new ProcessMark(pid, started) : null;

    /// <summary>Sends a signal unless the process is gone.</summary>
    public void Signal(int signal)
    {
        if (IsAlive)
        {
            _ = SendSignal(Pid, signal);
        }
    }

    /// <summary>Ends once the process is gone.</summary>
    public async Task ExitedAsync(CancellationToken cancellationToken)
    {
        while (IsAlive)
        {
            await Task.Delay(Step, cancellationToken);
        }
    }

    /// <summary>Asks the process to stop and kills it when it does not in time.</summary>
    /// <returns>Whether it stopped by itself.</returns>
    public async Task<bool> StopAsync(int signal, TimeSpan patience)
    {
        Signal(signal);
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await ExitedAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            Signal(Kill);
            await ExitedAsync(CancellationToken.None);
            return false;
        }
    }

    // Field 3 of /proc/PID/stat is the state (Z: ended, not yet collected), field 20 how many threads are left, field 22
    // the start in clock ticks since boot. The name in field 2 may hold anything, so counting starts behind its closing
    // bracket. A killed process shows Z as soon as its first thread is gone; its ports are free only with the last one.
    private static string? StartOf(int pid)
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                using var process = Process.GetProcessById(pid);
                return process.HasExited ? null : $"{process.StartTime.ToUniversalTime():O}";
            }

            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "X" || (fields[0] == "Z" && fields[17] is "0" or "1") ? null : fields[19];
        }
        catch (Exception gone) when (gone is IOException or ArgumentException or InvalidOperationException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int pid, int signal);
}

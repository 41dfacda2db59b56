using System.Diagnostics;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Servers;

[Parallelizable(ParallelScope.All)]
public sealed class ProcessMarkTests
{
    [Test]
    public async Task A_process_whose_first_thread_alone_is_over_is_alive()
    {
        Requires.Command("python3");
        using var process = Process.Start(new ProcessStartInfo("python3", ["-c", """
            import ctypes, threading, time
            threading.Thread(target=time.sleep, args=(600,)).start()
            ctypes.CDLL(None).pthread_exit(None)
            """]))!;
        var mark = ProcessMark.Of(process.Id)!;
        try
        {
            await Eventually.IsTrueAsync(
                () => Task.FromResult(File.ReadAllText($"/proc/{process.Id}/stat").Contains(") Z ", StringComparison.Ordinal)), "its first thread is over");

            Assert.That(mark.IsAlive, Is.True);
        }
        finally
        {
            process.Kill();
        }

        await mark.ExitedAsync(CancellationToken.None);
        Assert.That(mark.IsAlive, Is.False);
    }
}

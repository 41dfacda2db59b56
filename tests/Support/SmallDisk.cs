using System.Diagnostics;

namespace Spark.Temporal.Tests.Support;

/// <summary>A disk of a test's own that can be filled; only root can have one, others skip the test.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <param name="megabytes">Its size.</param>
    public SmallDisk(int megabytes)
    {
        if (!Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", _folder.Path))
        {
            _folder.Dispose();
            Requires.Missing("a disk cannot be mounted here; run the test as root");
        }
    }

    public string this[string relative] => _folder[relative];

    /// <summary>Leaves no room.</summary>
    public void Fill()
    {
        // By large blocks, then by the smallest that take room.
        foreach (var size in new[] { 1 << 20, 4096 })
        {
            using var file = new FileStream(_folder["filler"], FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
            var block = new byte[size];
            try
            {
                while (true)
                {
                    file.Write(block);
                }
            }
            catch (IOException)
            {
                // Full.
            }
        }
    }

    /// <summary>Makes a little room on a disk that is full.</summary>
    public void Leave(int bytes)
    {
        using var file = new FileStream(_folder["filler"], FileMode.Open);
        file.SetLength(file.Length - bytes);
    }

    /// <summary>Makes room again.</summary>
    public void Free() => File.Delete(_folder["filler"]);

    public void Dispose()
    {
        Run("umount", _folder.Path);
        _folder.Dispose();
    }

    private static bool Run(string file, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

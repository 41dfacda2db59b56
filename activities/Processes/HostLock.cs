namespace Spark.Temporal.Activities.Processes;

/// <summary>
/// A lock among the processes of one user on this host. The operating system frees it when its holder dies. Workers of several users
/// that share an engine do not share locks: what they do there must be safe without (see <see cref="Sandbox.ImageUse"/>).
/// </summary>
internal static class HostLock
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    /// <summary>Takes a lock as soon as it is free.</summary>
    public static Task<IAsyncDisposable> TakeAsync(string name, CancellationToken cancellationToken) => TakeFileAsync(PathOf(name), cancellationToken);

    /// <summary>Takes a lock that is a file in another folder: hosts that share the folder share the lock.</summary>
    public static async Task<IAsyncDisposable> TakeFileAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryOpen(path, FileAccess.ReadWrite, FileShare.None) is { } held)
            {
                return held;
            }

            await Task.Delay(Retry, cancellationToken);
        }
    }

    /// <summary>Takes a lock if it is free.</summary>
    /// <returns>Null where it is not.</returns>
    public static IAsyncDisposable? TryTake(string name) => TryOpen(PathOf(name), FileAccess.ReadWrite, FileShare.None);

    /// <summary>Whether a lock is free. Several processes may ask at once.</summary>
    public static bool IsFree(string name)
    {
        if (!File.Exists(PathOf(name)))
        {
            return true;
        }

        using var passing = TryOpen(PathOf(name), FileAccess.Read, FileShare.Read);
        return passing is not null;
    }

    /// <summary>A file of the folder that all processes of this user share.</summary>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public static string PathOf(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(HostFolder.Obtain(), "locks")).FullName;
        return Path.Combine(folder, name.Replace(':', '-').Replace('/', '-'));
    }

    private static FileStream? TryOpen(string path, FileAccess access, FileShare share)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, access, share);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }
}

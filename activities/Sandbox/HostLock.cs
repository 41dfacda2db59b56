namespace Spark.Temporal.Activities.Sandbox;

/// <summary>A lock among the processes of this host. The operating system frees it when its holder dies.</summary>
internal static class HostLock
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    /// <summary>Takes a lock as soon as it is free.</summary>
    public static async Task<IAsyncDisposable> TakeAsync(string name, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(name) is { } held)
            {
                return held;
            }

            await Task.Delay(Retry, cancellationToken);
        }
    }

    /// <summary>Takes a lock if it is free.</summary>
    /// <returns>Null where it is not.</returns>
    public static IAsyncDisposable? TryTake(string name) => TryOpen(name, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Whether nobody holds a lock; those who ask do not disturb each other.</summary>
    public static bool IsFree(string name)
    {
        if (!File.Exists(PathOf(name)))
        {
            return true;
        }

        using var passing = TryOpen(name, FileAccess.Read, FileShare.Read);
        return passing is not null;
    }

    /// <summary>Where what the processes of this host share is kept.</summary>
    public static string PathOf(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "spark-locks")).FullName;
        return Path.Combine(folder, name.Replace(':', '-').Replace('/', '-'));
    }

    private static FileStream? TryOpen(string name, FileAccess access, FileShare share)
    {
        var path = PathOf(name);
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

using Spark.Temporal.Activities.Processes;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// When an image was last asked for on this host, by any worker of this user: the time of a file. While an image is removed it is locked,
/// and workers wait before they use it. Workers of other users on the same engine see the mark of <see cref="IContainerGateway.MarkImageAsync"/>;
/// should an image go in the moment between their mark and their container, they prepare it again.
/// </summary>
internal static class ImageUse
{
    /// <summary>Marks that an image is about to be used. Call it before looking whether the image exists.</summary>
    public static void Mark(string tag, DateTimeOffset now)
    {
        var path = HostLock.PathOf($"{tag}.used");
        using (File.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
        }

        File.SetLastWriteTimeUtc(path, now.UtcDateTime);
    }

    /// <summary>When an image was marked last; the beginning of time for one that never was.</summary>
    public static DateTimeOffset LastOf(string tag)
    {
        var path = HostLock.PathOf($"{tag}.used");
        return File.Exists(path) ? File.GetLastWriteTimeUtc(path) : DateTimeOffset.MinValue;
    }

    /// <summary>Locks an image while it is removed; null if it is being checked or removed just now.</summary>
    public static IAsyncDisposable? TryBar(string tag) => HostLock.TryTake($"{tag}.removal");

    /// <summary>Waits until no removal of an image is under way.</summary>
    public static async Task PassAsync(string tag, CancellationToken cancellationToken)
    {
        if (!HostLock.IsFree($"{tag}.removal"))
        {
            await using var end = await HostLock.TakeAsync($"{tag}.removal", cancellationToken);
        }
    }
}

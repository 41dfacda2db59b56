using Spark.Temporal.Activities.Processes;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// When an image was asked for last on this host, by any worker: the time of a file. The engine itself does not know. A
/// removal bars the image meanwhile.
/// </summary>
internal static class ImageUse
{
    /// <summary>Says that an image is about to be used; before looking whether it is there.</summary>
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

    /// <summary>Bars an image from use while it is removed; null where somebody passes or removes it just now.</summary>
    public static IAsyncDisposable? TryBar(string tag) => HostLock.TryTake($"{tag}.removal");

    /// <summary>Waits until nobody removes an image.</summary>
    public static async Task PassAsync(string tag, CancellationToken cancellationToken)
    {
        if (!HostLock.IsFree($"{tag}.removal"))
        {
            await using var end = await HostLock.TakeAsync($"{tag}.removal", cancellationToken);
        }
    }
}

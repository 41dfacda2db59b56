using System.Globalization;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Disks;

/// <summary>Compares the disks that a worker needs with the thresholds of the settings.</summary>
internal sealed class DiskCheck(DiskOptions options)
{
    private const string Remove = "Remove what is not needed there";

    /// <summary>With the settings that a worker has when it is given none.</summary>
    public static DiskCheck Default { get; } = new(new DiskOptions());

    /// <summary>The disks that every run of a batch writes to: artifact store, state folder of the worker, output folder.</summary>
    public DiskReply OfBatch(string outDir) => Look(
        Remove, [("the artifact store", options.ArtifactFolder), ("the worker's state", options.StateFolder), ("the output", outDir)]);

    /// <summary>The disks of a host: the engine's and that of temporary files.</summary>
    /// <param name="engine">Where the engine keeps images and containers; null where that is on another host.</param>
    public DiskReply OfHost(string? engine) => Look(
        "Remove images, containers and files that are not needed (docker system df shows the engine's)",
        [("the container engine", engine ?? ""), ("temporary files", HostFolder.Obtain())]);

    private DiskReply Look(string remedy, IReadOnlyList<(string What, string Path)> places)
    {
        var disks = places.Where(place => place.Path.Length > 0)
            .Select(place => (Place: $"{place.What} ({Path.GetFullPath(place.Path)})", Space: DiskSpace.Of(place.Path)))
            .Where(place => place.Space is not null)
            .GroupBy(place => place.Space!.Disk, place => place, StringComparer.Ordinal);
        return new DiskReply([.. disks.SelectMany(disk => Shortages(remedy, string.Join(", ", disk.Select(place => place.Place)), disk.First().Space!))]);
    }

    private IEnumerable<string> Shortages(string remedy, string places, DiskSpace space)
    {
        var free = space.FreeBytes / (1024 * 1024);
        if (free < options.LeastFreeMb)
        {
            yield return $"The disk of {places} has {Number(free)} MiB free, less than the {Number(options.LeastFreeMb)} MiB of {DiskOptions.Section}:{nameof(DiskOptions.LeastFreeMb)}. "
                + $"{remedy}, or start the worker with a lower SPARK_DISK__LEAST_FREE_MB.";
        }

        if (space.FreeInodes is { } inodes && inodes < options.LeastFreeInodes)
        {
            yield return $"The disk of {places} has {Number(inodes)} inodes (files) free, fewer than the {Number(options.LeastFreeInodes)} of {DiskOptions.Section}:{nameof(DiskOptions.LeastFreeInodes)}. "
                + $"{remedy}, or start the worker with a lower SPARK_DISK__LEAST_FREE_INODES.";
        }
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}

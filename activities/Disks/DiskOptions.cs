using System.ComponentModel.DataAnnotations;

namespace Spark.Temporal.Activities.Disks;

/// <summary>How much room must be left on the disks of a worker (section <c>Disk</c>). With less, batches wait.</summary>
public sealed class DiskOptions
{
    public const string Section = "Disk";

    /// <summary>MiB that must be free on each disk; 0 to look at none.</summary>
    [Range(0, 1_000_000_000)]
    public long LeastFreeMb { get; set; } = 1024;

    /// <summary>Inodes (files) that must be free on each disk that counts them; 0 to look at none.</summary>
    [Range(0, 1_000_000_000)]
    public long LeastFreeInodes { get; set; } = 10_000;

    /// <summary>Folder in which the worker keeps what must survive its restart.</summary>
    [Required(AllowEmptyStrings = false)]
    public string StateFolder { get; set; } = ".spark/worker";

    /// <summary>Folder of the artifact store; empty where the store is no folder.</summary>
    public string ArtifactFolder { get; set; } = "";
}

namespace Spark.Temporal.Workflows.Contracts;

/// <param name="OutDir">Output folder of the batch; it need not exist yet.</param>
public sealed record DiskRequest(string OutDir);

/// <summary>Disks that were looked at.</summary>
/// <param name="Shortages">
/// What is short, each in words for a person: folders, free space or inodes, threshold, remedy. Empty when there is enough everywhere.
/// </param>
public sealed record DiskReply(IReadOnlyList<string> Shortages);

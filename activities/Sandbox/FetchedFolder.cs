namespace Spark.Temporal.Activities.Sandbox;

/// <summary>A folder fetched from a container.</summary>
/// <param name="Tar">Its entries, at the root of an archive; bounded by <see cref="SandboxOptions.FolderBytes"/>.</param>
/// <param name="Notes">What was left out and why.</param>
/// <param name="Files">How many files are in it.</param>
internal sealed record FetchedFolder(byte[] Tar, IReadOnlyList<string> Notes, int Files)
{
    /// <summary>Whether the archive was not read to its end.</summary>
    public bool Broken { get; init; }

    /// <summary>Whether what was asked for is a file: it is the only entry, under its name.</summary>
    public bool IsFile { get; init; }
}

using System.IO.Enumeration;
using System.Text;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// What was written in a container, from the folder in which the engine's overlay keeps it. It has what the engine's own list has, also where length
/// and time of a file are as before, and takes as long as what was written is large, not as the image is.
/// </summary>
internal static class WrittenLayer
{
    /// <summary>Most paths of each folder at the root.</summary>
    private const int Most = 100_000;

    /// <summary>Bytes of a folder's path within which all its entries can be named to the host's system.</summary>
    private const int MostPathBytes = 3500;

    /// <summary>Lists the paths, with those that are gone from the image.</summary>
    /// <param name="upper">The folder.</param>
    /// <returns>Absolute paths in the container; null where the folder cannot be read from here.</returns>
    public static IReadOnlyList<string>? Paths(string upper)
    {
        try
        {
            List<string> paths = [];
            foreach (var top in new DirectoryInfo(upper).EnumerateFileSystemInfos())
            {
                paths.Add(top.FullName[upper.Length..]);
                if (top is DirectoryInfo { LinkTarget: null })
                {
                    using var walk = new Walk(top.FullName);
                    for (var found = 0; found < Most && walk.MoveNext(); found++)
                    {
                        paths.Add(walk.Current[upper.Length..]);
                    }
                }
            }

            return paths;
        }
        catch (Exception unreadable) when (unreadable is UnauthorizedAccessException or IOException)
        {
            return null;
        }
    }

    /// <summary>Goes through all below a folder. No link is followed: what an agent made of its folders is no way into the host's.</summary>
    private sealed class Walk(string folder) : FileSystemEnumerator<string>(folder, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
    {
        protected override string TransformEntry(ref FileSystemEntry entry) => entry.ToFullPath();

        protected override bool ShouldRecurseIntoEntry(ref FileSystemEntry entry) =>
            (entry.Attributes & FileAttributes.ReparsePoint) == 0 && Encoding.UTF8.GetByteCount(entry.Directory) + Encoding.UTF8.GetByteCount(entry.FileName) < MostPathBytes;

        /// <summary>A folder that is gone is one path among the others.</summary>
        protected override bool ContinueOnError(int error) => true;
    }
}

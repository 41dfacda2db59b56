namespace Spark.Temporal.Starter.Recorded;

/// <summary>Finds the trajectories that a user means.</summary>
internal static class TrajectoryFiles
{
    public const string FileName = "trajectory.jsonl";

    private static readonly EnumerationOptions Below = new()
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,

        // A link may lead back up.
        AttributesToSkip = FileAttributes.ReparsePoint,
    };

    /// <summary>Files as they are named; below a folder every <c>trajectory.jsonl</c>, in order of path.</summary>
    /// <exception cref="CliException">A path does not exist, or a folder holds none.</exception>
    public static IReadOnlyList<string> Find(IEnumerable<string> paths)
    {
        List<string> files = [];
        foreach (var path in paths)
        {
            if (File.Exists(path))
            {
                files.Add(path);
                continue;
            }

            if (!Directory.Exists(path))
            {
                throw new CliException($"there is no file or folder '{path}'", ExitCodes.Usage);
            }

            var found = Directory.EnumerateFiles(path, FileName, Below).Order(StringComparer.Ordinal).ToList();
            if (found.Count == 0)
            {
                throw new CliException($"the folder '{path}' holds no {FileName}; name a run's folder or one above it", ExitCodes.Usage);
            }

            files.AddRange(found);
        }

        return [.. files.DistinctBy(Path.GetFullPath)];
    }
}

using Spark.Temporal.Domain.Results;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Pdi.Trajectories;

/// <summary>Finds and opens the trajectories that a user means.</summary>
internal static class TrajectoryFiles
{
    private static readonly EnumerationOptions Below = new()
    {
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,

        // A link may lead back up.
        AttributesToSkip = FileAttributes.ReparsePoint,
    };

    /// <summary>Named files as they are; in a folder every <c>trajectory.jsonl</c> at any depth, in order of path.</summary>
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

            var found = Directory.EnumerateFiles(path, TrajectoryFile.FileName, Below).Order(StringComparer.Ordinal).ToList();
            if (found.Count == 0)
            {
                throw new CliException($"the folder '{path}' holds no {TrajectoryFile.FileName}; name a run's folder or one above it", ExitCodes.Usage);
            }

            files.AddRange(found);
        }

        return [.. files.DistinctBy(Path.GetFullPath)];
    }

    /// <summary>Reads the parts of a trajectory that the index needs.</summary>
    /// <exception cref="CliException">The file cannot be opened, is not a trajectory, or has a newer schema.</exception>
    public static async Task<RecordedRun> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, useAsync: true);
            return await RecordedRun.ReadAsync(file, path, cancellationToken);
        }
        catch (Exception mistake) when (mistake is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} cannot be read: {mistake.Message}");
        }
        catch (ResultFormatException refused)
        {
            throw new CliException(refused.Message);
        }
    }
}

using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Wire.TaskFiles;

/// <summary>Lists a skill's folder on disk.</summary>
public static class SkillFolderReader
{
    private const string Git = ".git";

    /// <summary>The folder of a skill that people wrote, with what of it is installed and the names of what is not.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="IOException">A folder cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder may not be listed.</exception>
    public static (TaskFolder Folder, IReadOnlyList<TaskEntry> Installed, IReadOnlyList<string> LeftOut) Whole(string path)
    {
        var folder = TaskFolderReader.Read(path);
        var (installed, leftOut) = SkillContents.Whole(folder);

        // The listing passes over this one.
        return (folder, installed, Directory.Exists(Path.Combine(path, Git)) ? [$"{Git}/", .. leftOut] : leftOut);
    }
}

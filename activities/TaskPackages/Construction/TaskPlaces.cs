using System.Security.Cryptography;
using System.Text;
using Spark.Temporal.Domain.Blueprints;

namespace Spark.Temporal.Activities.TaskPackages.Construction;

/// <summary>Folders of tasks while they are made, and when they are done.</summary>
internal static class TaskPlaces
{
    /// <summary>Folder of accepted tasks, below the output folder.</summary>
    public const string Generated = "generated_tasks";

    /// <summary>Reports, beside the tasks.</summary>
    public const string Artifacts = "_artifacts";

    /// <summary>File that says how variants of a task are made; a task need not have one.</summary>
    public const string Family = "family.json";

    private const UnixFileMode Program = (UnixFileMode)0b111_101_101;
    private const UnixFileMode Plain = (UnixFileMode)0b110_100_100;

    /// <summary>Folder of one run's unfinished tasks: on the file system of the finished ones, so that a move is one step.</summary>
    public static string Staging(string outDir, string workflowId) => Path.Combine(
        outDir, ".spark-construction", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(workflowId)))[..16]);

    public static IReadOnlyList<RenderedFile> Render(TaskBlueprint blueprint, PromptSpec spec) =>
        TaskRenderer.Render(blueprint, new RenderOptions { Tools = ToolCatalogue.Resolve(spec.AvailableTools).Packages });

    /// <summary>Writes a task's folder and replaces what was there.</summary>
    /// <returns>The folder.</returns>
    /// <exception cref="FormatException">A path leads out of the folder.</exception>
    public static string Write(string folder, IReadOnlyList<RenderedFile> files)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        var root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        foreach (var file in files)
        {
            var path = Path.GetFullPath(Path.Combine(root, file.Path));
            if (!path.StartsWith(root, StringComparison.Ordinal))
            {
                throw new FormatException($"'{file.Path}' leads out of the task's folder");
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, file.Content);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, file.Executable ? Program : Plain);
            }
        }

        return Path.TrimEndingDirectorySeparator(root);
    }
}

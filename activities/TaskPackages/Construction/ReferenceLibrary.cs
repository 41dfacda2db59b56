using System.Text;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Wire.TaskFiles;

namespace Spark.Temporal.Activities.TaskPackages.Construction;

/// <summary>Reads folders of Harbor tasks as far as ranking and the author need them.</summary>
internal static partial class ReferenceLibrary
{
    private const int MostTasks = 5_000;
    private const int MostTextBytes = 64 * 1024;
    private const int MostFiles = 60;

    /// <param name="folders">Folders with one task per folder; null and missing ones are left out.</param>
    public static IReadOnlyList<ReferenceTask> Read(IEnumerable<string?> folders) =>
        [.. folders.OfType<string>()
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateDirectories(folder).Prepend(folder))
            .Where(folder => File.Exists(Path.Combine(folder, TaskPackageReader.Instruction)))
            .Order(StringComparer.Ordinal)
            .Take(MostTasks)
            .Select(ReadOne)
            .DistinctBy(task => task.Name)];

    private static ReferenceTask ReadOne(string path)
    {
        var folder = TaskFolderReader.Read(path);
        var instruction = Content(folder, TaskPackageReader.Instruction);
        var settings = Content(folder, "task.toml");
        var dockerfile = Content(folder, TaskPackageReader.Dockerfile);
        return new ReferenceTask
        {
            Name = folder.Name,
            Instruction = instruction,
            Tags = TagsOf(settings),
            Tools = [.. Dockerfile.Parse(dockerfile).Instructions.Where(one => one.Keyword == "RUN")
                .SelectMany(run => Installed().Matches(string.Join('\n', [run.Arguments, .. run.Heredocs.Select(heredoc => heredoc.Body)])))
                .SelectMany(line => line.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(word => char.IsAsciiLetter(word[0]))
                .Distinct()],
            Files = [.. folder.Entries.Where(entry => entry.Kind == TaskEntryKind.File).Select(entry => entry.Path).Take(MostFiles)],
            Digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(
                Encoding.UTF8.GetBytes($"{instruction}\n{settings}\n{dockerfile}\n{string.Join('\n', folder.Entries.Select(entry => entry.Path))}"))),
        };
    }

    private static string Content(TaskFolder folder, string path) =>
        folder.Find(path) is { Kind: TaskEntryKind.File } file && folder.ReadBytes(file, MostTextBytes) is { } bytes ? Encoding.UTF8.GetString(bytes) : "";

    /// <summary>The list <c>tags</c> under <c>[metadata]</c>, or at the root; none where the file cannot be read.</summary>
    private static IReadOnlyList<string> TagsOf(string settings)
    {
        var root = TomlNode.Parse(settings, out _, out _)?.Value as Dictionary<string, TomlNode>;
        var metadata = root?.GetValueOrDefault("metadata")?.Value as Dictionary<string, TomlNode>;
        var tags = (metadata?.GetValueOrDefault("tags") ?? root?.GetValueOrDefault("tags"))?.Value as List<TomlNode>;
        return [.. (tags ?? []).Select(tag => tag.Value).OfType<string>().Where(tag => tag.Length > 0)];
    }

    [GeneratedRegex(@"(?:apt-get|apt|pip3?)\s+install\s+([^&|;\n]*)")]
    private static partial Regex Installed();
}

using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Domain.Skills;

/// <summary>What of a skill's folder is installed.</summary>
public static class SkillContents
{
    /// <summary>What a skill that we wrote consists of; folders end in a slash.</summary>
    public static readonly IReadOnlyList<string> OwnParts = [SkillDocument.FileName, "references/", "scripts/", "assets/"];

    /// <summary>What a skill run writes beside its skill: it tells what the attempts did, and is no part of it.</summary>
    public static readonly IReadOnlyList<string> RunRecords = [AttemptsFile, "trajectory.jsonl", "error_report.md"];

    private const string AttemptsFile = "attempts.json";

    /// <summary>The file with the front matter, at the top of the folder; null where there is none.</summary>
    public static TaskEntry? Document(TaskFolder folder) => SkillDocument.FileNames
        .Select(name => folder.Entries.FirstOrDefault(entry => entry.Path == name && entry.Kind == TaskEntryKind.File))
        .FirstOrDefault(entry => entry is not null);

    /// <summary>
    /// The files and folders that are installed of a skill that people wrote: all of them, as they are, but folders whose name
    /// begins with a dot, links (they may lead to any file of this machine), and records of a skill run.
    /// </summary>
    /// <param name="folder">The skill's folder.</param>
    /// <returns>What is installed, and the names of what is not, the folders with a slash behind them.</returns>
    public static (IReadOnlyList<TaskEntry> Installed, IReadOnlyList<string> LeftOut) Whole(TaskFolder folder)
    {
        var ofRun = folder.Entries.Any(entry => entry.Path == AttemptsFile);
        List<TaskEntry> installed = [];
        SortedSet<string> leftOut = new(StringComparer.Ordinal);
        foreach (var entry in folder.Entries)
        {
            if (DotFolder(entry) is { } hidden)
            {
                leftOut.Add(hidden);
            }
            else if (entry.Kind is TaskEntryKind.Link or TaskEntryKind.Special || (ofRun && RunRecords.Contains(entry.Path)))
            {
                leftOut.Add(entry.Kind == TaskEntryKind.Link ? $"{entry.Path} (a link)" : entry.Path);
            }
            else
            {
                installed.Add(entry);
            }
        }

        return (installed, [.. leftOut]);
    }

    /// <summary>The files and folders that are installed of a skill that we wrote.</summary>
    public static IReadOnlyList<TaskEntry> Own(TaskFolder folder) => [.. folder.Entries
        .Where(entry => entry.Kind is TaskEntryKind.File or TaskEntryKind.Folder)
        .Where(entry => OwnParts.Any(part =>
            part.EndsWith('/') ? entry.Path == part[..^1] || entry.Path.StartsWith(part, StringComparison.Ordinal) : entry.Path == part))];

    /// <summary>The outermost folder on the way to an entry whose name begins with a dot; null for none.</summary>
    private static string? DotFolder(TaskEntry entry)
    {
        var parts = entry.Path.Split('/');
        var folders = entry.Kind == TaskEntryKind.Folder ? parts.Length : parts.Length - 1;
        var at = Array.FindIndex(parts, 0, folders, part => part.StartsWith('.'));
        return at < 0 ? null : string.Join('/', parts[..(at + 1)]) + "/";
    }
}

using System.Formats.Tar;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Wire.TaskFiles;

/// <summary>Lists a task's folder on disk without following a link.</summary>
public static class TaskFolderReader
{
    /// <summary>Lists everything below a folder but <c>.git</c>.</summary>
    /// <param name="path">The task's folder; a link to it is followed.</param>
    /// <exception cref="IOException">A folder cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder may not be listed.</exception>
    public static TaskFolder Read(string path)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var entries = new List<TaskEntry>();
        List(new DirectoryInfo(root), "", entries);
        return new TaskFolder(
            Path.GetFileName(root) is { Length: > 0 } name ? name : "task",
            entries,
            relative => new FileStream(Path.Combine(root, relative), FileMode.Open, FileAccess.Read, FileShare.Read));
    }

    private static void List(DirectoryInfo folder, string prefix, List<TaskEntry> entries)
    {
        foreach (var info in folder.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false }))
        {
            var path = prefix + info.Name;
            if (info.LinkTarget is { } target)
            {
                entries.Add(new TaskEntry(path, TaskEntryKind.Link, Target: target));
            }
            else if (info is DirectoryInfo child)
            {
                if (info.Name != ".git")
                {
                    entries.Add(new TaskEntry(path, TaskEntryKind.Folder, Mode: Mode(info)));
                    List(child, path + "/", entries);
                }
            }
            else if (((FileInfo)info).Length == 0 && IsSpecial(info.FullName))
            {
                entries.Add(new TaskEntry(path, TaskEntryKind.Special));
            }
            else
            {
                entries.Add(new TaskEntry(path, TaskEntryKind.File, ((FileInfo)info).Length, Mode(info)));
            }
        }
    }

    private static UnixFileMode Mode(FileSystemInfo info) => OperatingSystem.IsWindows() ? TaskEntry.PlainFile : info.UnixFileMode;

    /// <summary>
    /// Whether it is a pipe, a socket or a device. File attributes do not tell, and opening a pipe would wait for ever;
    /// the writer of archives looks without opening.
    /// </summary>
    private static bool IsSpecial(string path)
    {
        using var archive = new MemoryStream();
        try
        {
            using var writer = new TarWriter(archive, TarEntryFormat.Gnu, leaveOpen: true);
            writer.WriteEntry(path, "entry");
        }
        catch (IOException)
        {
            // A socket has no place in an archive.
            return true;
        }

        archive.Position = 0;
        using var reader = new TarReader(archive);
        return reader.GetNextEntry()?.EntryType is not TarEntryType.RegularFile;
    }
}

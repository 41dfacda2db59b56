using System.Formats.Tar;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Activities.TaskPackages;

/// <summary>Writes one part of a task as a tar whose entries stand at its root.</summary>
internal static class TaskTar
{
    private const UnixFileMode LinkMode = (UnixFileMode)0b111_111_111;

    /// <summary>
    /// Writes everything below a folder, sorted, with fixed times and owners. A link that stays inside the part is kept;
    /// one that leads elsewhere in the task would dangle in the container and is replaced by what it leads to.
    /// </summary>
    public static async Task WriteAsync(
        TaskFolder folder, string part, DockerIgnore? ignore, Stream output, CancellationToken cancellationToken)
    {
        // GNU headers: the other form that holds long and non-ASCII names writes the process id into the archive.
        await using var writer = new TarWriter(output, TarEntryFormat.Gnu, leaveOpen: true);
        var root = folder.Find(part);
        if (root is not { Kind: TaskEntryKind.Folder })
        {
            return;
        }

        await WriteFolderAsync(new Part(folder, root.Path + "/", ignore, writer), root.Path + "/", "", 0, cancellationToken);
    }

    private static async Task WriteFolderAsync(Part part, string source, string target, int depth, CancellationToken cancellationToken)
    {
        var entries = part.Folder.Entries
            .Where(entry => entry.Path.StartsWith(source, StringComparison.Ordinal))
            .Select(entry => (Entry: entry, Name: target + entry.Path[source.Length..]))
            .ToList();
        var kept = Kept(entries, part.Ignore);
        foreach (var (entry, name) in entries.Where(item => kept.Contains(item.Name)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var found = entry;
            if (entry.Kind == TaskEntryKind.Link && part.Folder.Find(entry.Path) is { } elsewhere
                && !elsewhere.Path.StartsWith(part.Prefix, StringComparison.Ordinal))
            {
                found = elsewhere;
                if (found.Kind == TaskEntryKind.Folder)
                {
                    await WriteEntryAsync(part, found, name, cancellationToken);

                    // A link in there may lead back to here: follow a few and no more.
                    if (depth < 8)
                    {
                        await WriteFolderAsync(part, found.Path + "/", name + "/", depth + 1, cancellationToken);
                    }

                    continue;
                }
            }

            await WriteEntryAsync(part, found, name, cancellationToken);
        }
    }

    /// <summary>A folder that is left out stays when something in it is kept.</summary>
    private static HashSet<string> Kept(List<(TaskEntry Entry, string Name)> entries, DockerIgnore? ignore)
    {
        var kept = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (_, name) in entries.Where(item => ignore?.Ignores(item.Name) is not true))
        {
            kept.Add(name);
            for (var end = name.LastIndexOf('/'); end > 0 && kept.Add(name[..end]); end = name.LastIndexOf('/', end - 1))
            {
            }
        }

        return kept;
    }

    private static async Task WriteEntryAsync(Part part, TaskEntry entry, string name, CancellationToken cancellationToken)
    {
        switch (entry.Kind)
        {
            case TaskEntryKind.Folder:
                await part.Writer.WriteEntryAsync(Header(TarEntryType.Directory, name + "/", entry.Mode), cancellationToken);
                break;
            case TaskEntryKind.Link:
                var link = Header(TarEntryType.SymbolicLink, name, LinkMode);
                link.LinkName = entry.Target!;
                await part.Writer.WriteEntryAsync(link, cancellationToken);
                break;
            case TaskEntryKind.File:
                await using (var content = part.Folder.Open(entry))
                {
                    var file = Header(TarEntryType.RegularFile, name, entry.Mode);
                    file.DataStream = content;
                    await part.Writer.WriteEntryAsync(file, cancellationToken);
                }

                break;
        }
    }

    /// <summary>An entry with fixed times and owners.</summary>
    public static GnuTarEntry Header(TarEntryType type, string name, UnixFileMode mode) => new(type, name)
    {
        Mode = mode,
        ModificationTime = DateTimeOffset.UnixEpoch,
        AccessTime = DateTimeOffset.UnixEpoch,
        ChangeTime = DateTimeOffset.UnixEpoch,
    };

    private sealed record Part(TaskFolder Folder, string Prefix, DockerIgnore? Ignore, TarWriter Writer);
}

using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Activities.TaskPackages;

/// <summary>Writes one part of a task as a tar, with paths relative to the part.</summary>
internal static class TaskTar
{
    /// <summary>
    /// Writes everything below a folder, sorted, with fixed times and owners. A link that stays inside the part is kept;
    /// one that leads elsewhere in the task would dangle in the container and is replaced by what it leads to.
    /// </summary>
    /// <param name="folder">The task.</param>
    /// <param name="part">The folder in it; nothing is written where there is none.</param>
    /// <param name="ignore">What is left out; null for nothing.</param>
    /// <param name="output">Takes the tar.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="over">A folder whose files come in place of those of the same path; null for none.</param>
    public static async Task WriteAsync(
        TaskFolder folder, string part, DockerIgnore? ignore, Stream output, CancellationToken cancellationToken, string? over = null)
    {
        await using var packer = TarPacker.Reproducible(output);
        var above = over is not null && folder.Find(over) is { Kind: TaskEntryKind.Folder } found ? found.Path + "/" : null;
        if (folder.Find(part) is { Kind: TaskEntryKind.Folder } root)
        {
            var hidden = above is null ? []
                : folder.Entries.Where(entry => entry.Path.StartsWith(above, StringComparison.Ordinal) && entry.Kind != TaskEntryKind.Folder).Select(entry => entry.Path[above.Length..]).ToHashSet();
            await WriteFolderAsync(new Part(folder, root.Path + "/", ignore, packer, hidden), root.Path + "/", "", 0, cancellationToken);
        }

        if (above is not null)
        {
            await WriteFolderAsync(new Part(folder, above, ignore, packer, []), above, "", 0, cancellationToken);
        }
    }

    private static async Task WriteFolderAsync(Part part, string source, string target, int depth, CancellationToken cancellationToken)
    {
        var entries = part.Folder.Entries
            .Where(entry => entry.Path.StartsWith(source, StringComparison.Ordinal))
            .Select(entry => (Entry: entry, Name: target + entry.Path[source.Length..]))
            .ToList();
        var kept = Kept(entries, part.Ignore);
        foreach (var (entry, name) in entries.Where(item => kept.Contains(item.Name) && !part.Hidden.Contains(item.Name)))
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

                    // A link in there may lead back to here, so only a few are followed.
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
                await part.Packer.FolderAsync(name + "/", entry.Mode, cancellationToken);
                break;
            case TaskEntryKind.Link:
                await part.Packer.LinkAsync(name, entry.Target!, cancellationToken);
                break;
            case TaskEntryKind.File:
                await using (var content = part.Folder.Open(entry))
                {
                    await part.Packer.FileAsync(name, content, entry.Mode, default, cancellationToken);
                }

                break;
        }
    }

    private sealed record Part(TaskFolder Folder, string Prefix, DockerIgnore? Ignore, TarPacker Packer, HashSet<string> Hidden);
}

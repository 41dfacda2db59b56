namespace Spark.Temporal.Domain.Tasks;

public enum TaskEntryKind
{
    File,
    Folder,
    Link,

    /// <summary>A socket, pipe or device.</summary>
    Special,
}

/// <summary>One entry of a task's folder.</summary>
/// <param name="Path">Path below the folder, with forward slashes.</param>
/// <param name="Kind">What it is; links are never followed.</param>
/// <param name="Length">Length of a file in bytes.</param>
/// <param name="Mode">Unix permission bits.</param>
/// <param name="Target">Where a link points, as it was written.</param>
public sealed record TaskEntry(
    string Path, TaskEntryKind Kind, long Length = 0, UnixFileMode Mode = TaskEntry.PlainFile, string? Target = null)
{
    /// <summary>Default permission bits of a file (0644).</summary>
    public const UnixFileMode PlainFile =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
}

/// <summary>A task's folder as it was when it was listed. Content comes through a function, so reading stays pure.</summary>
/// <param name="name">Name of the folder.</param>
/// <param name="entries">Everything below it.</param>
/// <param name="open">Opens the content of a file by its path.</param>
public sealed class TaskFolder(string name, IEnumerable<TaskEntry> entries, Func<string, Stream> open)
{
    private const int MostLinks = 40;
    private readonly SortedDictionary<string, TaskEntry> _entries =
        new(entries.ToDictionary(entry => entry.Path, StringComparer.Ordinal), StringComparer.Ordinal);

    public string Name { get; } = name;

    /// <summary>All entries, by the code points of their paths.</summary>
    public IReadOnlyCollection<TaskEntry> Entries => _entries.Values;

    /// <summary>The entry that a path leads to once links are followed; null when it leads nowhere or out of the folder.</summary>
    public TaskEntry? Find(string path) => Follow(path).Entry;

    /// <summary>Whether a path, links followed, leads out of the folder.</summary>
    public bool LeadsOut(string path) => Follow(path).Out;

    public Stream Open(TaskEntry file) => open(file.Path);

    /// <summary>Content of a file of at most the given length.</summary>
    /// <returns>Null when it is longer.</returns>
    public byte[]? ReadBytes(TaskEntry file, int most)
    {
        using var stream = Open(file);
        using var content = new MemoryStream();
        var buffer = new byte[81920];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            content.Write(buffer, 0, read);
            if (content.Length > most)
            {
                return null;
            }
        }

        return content.ToArray();
    }

    private (TaskEntry? Entry, bool Out) Follow(string path)
    {
        var todo = new Stack<string>(path.Split('/').Reverse());
        var done = new List<string>();
        TaskEntry? entry = null;
        var links = 0;
        while (todo.TryPop(out var part))
        {
            if (part is "" or ".")
            {
                continue;
            }

            if (part == "..")
            {
                if (done.Count == 0)
                {
                    return (null, true);
                }

                done.RemoveAt(done.Count - 1);
                entry = _entries.GetValueOrDefault(string.Join('/', done));
                continue;
            }

            done.Add(part);
            entry = _entries.GetValueOrDefault(string.Join('/', done));
            if (entry is not { Kind: TaskEntryKind.Link, Target: { } target })
            {
                continue;
            }

            if (target.StartsWith('/'))
            {
                return (null, true);
            }

            // A loop leads nowhere, which is not out.
            if (++links > MostLinks)
            {
                return (null, false);
            }

            done.RemoveAt(done.Count - 1);
            foreach (var step in target.Split('/').Reverse())
            {
                todo.Push(step);
            }
        }

        return (entry, false);
    }
}

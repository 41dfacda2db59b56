using System.Formats.Tar;
using System.Text;

namespace Spark.Temporal.Activities.Archives;

/// <param name="User">Id of a user.</param>
/// <param name="Group">Id of a group.</param>
internal readonly record struct TarOwner(int User, int Group);

/// <summary>Writes an archive (tar) entry by entry; it is complete when this is disposed.</summary>
internal sealed class TarPacker : IDisposable, IAsyncDisposable
{
    /// <summary>rwxr-xr-x.</summary>
    public const UnixFileMode Program = (UnixFileMode)0b111_101_101;

    /// <summary>rw-r--r--.</summary>
    public const UnixFileMode Readable = (UnixFileMode)0b110_100_100;

    private const UnixFileMode LinkMode = (UnixFileMode)0b111_111_111;

    private readonly TarWriter _writer;
    private readonly TarEntryFormat _format;
    private readonly DateTimeOffset? _time;

    private TarPacker(Stream output, TarEntryFormat format, DateTimeOffset? time)
    {
        _writer = new TarWriter(output, format, leaveOpen: true);
        (_format, _time) = (format, time);
    }

    /// <summary>Entries get the time at which they are written; copied ones keep their own.</summary>
    /// <param name="output">Stays open.</param>
    public static TarPacker Into(Stream output) => new(output, TarEntryFormat.Pax, null);

    /// <summary>The same content gives the same bytes: no entry has a time.</summary>
    /// <param name="output">Stays open.</param>
    public static TarPacker Reproducible(Stream output) =>
        // GNU headers: the other form that holds long and non-ASCII names writes the process id into the archive.
        new(output, TarEntryFormat.Gnu, DateTimeOffset.UnixEpoch);

    /// <summary>A small archive in memory.</summary>
    public static byte[] Bytes(Action<TarPacker> pack)
    {
        using var buffer = new MemoryStream();
        using (var packer = Into(buffer))
        {
            pack(packer);
        }

        return buffer.ToArray();
    }

    public void Folder(string name, UnixFileMode mode = Program, TarOwner owner = default) =>
        _writer.WriteEntry(New(TarEntryType.Directory, name, mode, owner));

    public void File(string name, byte[] content, UnixFileMode mode = Readable, TarOwner owner = default)
    {
        var entry = New(TarEntryType.RegularFile, name, mode, owner);
        entry.DataStream = new MemoryStream(content, writable: false);
        _writer.WriteEntry(entry);
    }

    public void File(string name, string content, UnixFileMode mode = Readable) => File(name, Encoding.UTF8.GetBytes(content), mode);

    /// <param name="name">Path in the archive.</param>
    /// <param name="content">Copied from where it is; null for an empty file.</param>
    /// <param name="mode">Permissions.</param>
    /// <param name="owner">Its owner.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public Task FileAsync(string name, Stream? content, UnixFileMode mode, TarOwner owner, CancellationToken cancellationToken)
    {
        var entry = New(TarEntryType.RegularFile, name, mode, owner);
        entry.DataStream = content;
        return _writer.WriteEntryAsync(entry, cancellationToken);
    }

    public Task FolderAsync(string name, UnixFileMode mode, CancellationToken cancellationToken) =>
        _writer.WriteEntryAsync(New(TarEntryType.Directory, name, mode, default), cancellationToken);

    /// <summary>A symbolic link.</summary>
    public Task LinkAsync(string name, string target, CancellationToken cancellationToken)
    {
        var entry = New(TarEntryType.SymbolicLink, name, LinkMode, default);
        entry.LinkName = target;
        return _writer.WriteEntryAsync(entry, cancellationToken);
    }

    /// <summary>Copies an entry of another archive with its content, mode and time.</summary>
    /// <param name="entry">The entry at hand.</param>
    /// <param name="name">Its name here.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <param name="content">Content in place of its own; null for its own.</param>
    /// <param name="mode">Permissions in place of its own; null for its own.</param>
    /// <param name="target">Target in place of its own, of a link; null for its own.</param>
    /// <param name="keepOwner">Whether it stays its owner's; else it is root's.</param>
    public Task CopyAsync(
        TarEntry entry, string name, CancellationToken cancellationToken, Stream? content = null, UnixFileMode? mode = null, string? target = null, bool keepOwner = false)
    {
        var copy = New(entry.EntryType is TarEntryType.V7RegularFile ? TarEntryType.RegularFile : entry.EntryType, name, mode ?? entry.Mode, keepOwner ? new TarOwner(entry.Uid, entry.Gid) : default);
        copy.ModificationTime = _time ?? entry.ModificationTime;
        if (entry.EntryType is TarEntryType.SymbolicLink or TarEntryType.HardLink)
        {
            copy.LinkName = target ?? entry.LinkName;
        }
        else if (TarPack.IsFile(entry))
        {
            // A folder may not have even empty content.
            copy.DataStream = content ?? entry.DataStream;
        }

        return _writer.WriteEntryAsync(copy, cancellationToken);
    }

    public void Dispose() => _writer.Dispose();

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private PosixTarEntry New(TarEntryType type, string name, UnixFileMode mode, TarOwner owner)
    {
        PosixTarEntry entry = _format == TarEntryFormat.Gnu
            ? new GnuTarEntry(type, name) { AccessTime = DateTimeOffset.UnixEpoch, ChangeTime = DateTimeOffset.UnixEpoch }
            : new PaxTarEntry(type, name);
        (entry.Mode, entry.Uid, entry.Gid) = (mode, owner.User, owner.Group);
        if (_time is { } time)
        {
            entry.ModificationTime = time;
        }

        return entry;
    }
}

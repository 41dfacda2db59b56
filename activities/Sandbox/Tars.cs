using System.Formats.Tar;
using System.IO.Enumeration;
using System.Text;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>A folder brought home: a tar with entries at its root, and what was left out.</summary>
internal sealed record Brought(byte[] Tar, IReadOnlyList<string> Notes, int Files);

/// <summary>Rewriting of tars on their way in and out of containers.</summary>
internal static class Tars
{
    /// <summary>Entries brought home from one folder: their headers alone are then some 30 MB.</summary>
    public const int MostEntries = 20_000;

    private const int MostNotes = 10;

    /// <summary>
    /// Puts the entries of a tar below a folder, owned by root. Shell scripts become runnable and lose what editors on
    /// other systems put in (byte-order mark, carriage returns), since no kernel would start them.
    /// </summary>
    public static async Task<Stream> BelowAsync(Stream tar, string folder, CancellationToken cancellationToken)
    {
        var result = Scratch();
        await using (var writer = new TarWriter(result, TarEntryFormat.Pax, leaveOpen: true))
        {
            await using var reader = new TarReader(tar, leaveOpen: true);
            while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                var name = entry.Name.Replace("./", "", StringComparison.Ordinal).Trim('/');
                if (name.Length == 0 || name == ".")
                {
                    continue;
                }

                var copy = new PaxTarEntry(entry.EntryType is TarEntryType.V7RegularFile ? TarEntryType.RegularFile : entry.EntryType, $"{folder}/{name}")
                {
                    Mode = entry.Mode,
                    ModificationTime = entry.ModificationTime,
                };
                if (entry.EntryType is TarEntryType.SymbolicLink)
                {
                    copy.LinkName = entry.LinkName;
                }
                else if (entry.EntryType is TarEntryType.HardLink)
                {
                    copy.LinkName = $"{folder}/{entry.LinkName}";
                }
                else if (name.EndsWith(".sh", StringComparison.Ordinal) && entry.DataStream is not null)
                {
                    copy.Mode |= UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
                    copy.DataStream = await ScriptAsync(entry.DataStream, cancellationToken);
                }
                else if (entry.DataStream is { } content)
                {
                    // Of a folder even "no content" is refused.
                    copy.DataStream = content;
                }

                await writer.WriteEntryAsync(copy, cancellationToken);
            }
        }

        result.Position = 0;
        return result;
    }

    /// <summary>
    /// Takes a tar out of a container home: its entries move up to the root, files too large and files past the whole's
    /// limit are left out and named. Links stay links; nothing is followed.
    /// </summary>
    /// <remarks>What comes is hostile: entries past a number are left out too, and few of the left out are named.</remarks>
    public static async Task<Brought> HomeAsync(
        Stream tar, string label, long fileBytes, long folderBytes, Func<string, bool> excluded, CancellationToken cancellationToken)
    {
        List<string> notes = [];
        long total = 0;
        var (files, entries, unnamed) = (0, 0, 0);
        using var result = new MemoryStream();
        await using (var writer = new TarWriter(result, TarEntryFormat.Pax, leaveOpen: true))
        {
            await using var reader = new TarReader(tar, leaveOpen: true);
            while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                var slash = entry.Name.IndexOf('/', StringComparison.Ordinal);
                var isFile = entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile;
                var name = slash < 0 ? isFile ? entry.Name : "" : entry.Name[(slash + 1)..].TrimEnd('/');
                if (name.Length == 0 || excluded(name) || !(isFile || entry.EntryType is TarEntryType.Directory or TarEntryType.SymbolicLink))
                {
                    continue;
                }

                if (isFile && (entry.Length > fileBytes || total + entry.Length > folderBytes))
                {
                    if (notes.Count < MostNotes)
                    {
                        notes.Add($"{label}/{PlainText.OneLine(name, 200)} has {entry.Length:N0} bytes and was left out (limit {(entry.Length > fileBytes ? fileBytes : folderBytes):N0})");
                    }
                    else
                    {
                        unnamed++;
                    }

                    continue;
                }

                if (++entries > MostEntries)
                {
                    notes.Add($"{label} has more than {MostEntries:N0} entries; the others were left out");
                    break;
                }

                var copy = new PaxTarEntry(isFile ? TarEntryType.RegularFile : entry.EntryType, name)
                {
                    Mode = entry.Mode,
                    ModificationTime = entry.ModificationTime,
                };
                if (entry.EntryType is TarEntryType.SymbolicLink)
                {
                    copy.LinkName = entry.LinkName;
                }

                if (isFile)
                {
                    total += entry.Length;
                    files++;
                    copy.DataStream = entry.DataStream;
                }

                await writer.WriteEntryAsync(copy, cancellationToken);
            }
        }

        if (unnamed > 0)
        {
            notes.Add($"{label}: {unnamed:N0} more files were left out for their size");
        }

        return new Brought(result.ToArray(), notes, files);
    }

    /// <summary>One tar of several, each below a prefix.</summary>
    public static async Task<Brought> JoinAsync(IReadOnlyList<(string Prefix, Brought Part)> parts, CancellationToken cancellationToken)
    {
        using var result = new MemoryStream();
        await using (var writer = new TarWriter(result, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (prefix, part) in parts)
            {
                await using var reader = new TarReader(new MemoryStream(part.Tar, writable: false));
                while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
                {
                    var copy = new PaxTarEntry(entry.EntryType, $"{prefix}{entry.Name}") { Mode = entry.Mode, ModificationTime = entry.ModificationTime };
                    if (entry.EntryType is TarEntryType.SymbolicLink)
                    {
                        copy.LinkName = entry.LinkName;
                    }
                    else if (entry.EntryType is TarEntryType.RegularFile)
                    {
                        copy.DataStream = entry.DataStream;
                    }

                    await writer.WriteEntryAsync(copy, cancellationToken);
                }
            }
        }

        return new Brought(result.ToArray(), [], parts.Sum(part => part.Part.Files));
    }

    /// <summary>Whether a path or its last name matches one of some patterns (<c>*</c>, <c>?</c>).</summary>
    public static Func<string, bool> Matcher(IReadOnlyList<string> patterns) => path => patterns.Any(pattern =>
        FileSystemName.MatchesSimpleExpression(pattern.Trim('/'), path, ignoreCase: false)
        || path.Split('/').Any(part => FileSystemName.MatchesSimpleExpression(pattern.Trim('/'), part, ignoreCase: false)));

    /// <summary>Content of a file at the root of a tar as text; null when it is not there. Its size is limited by what was brought home.</summary>
    public static string? Text(byte[] tar, string name)
    {
        using var reader = new TarReader(new MemoryStream(tar, writable: false));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.Name == name && entry.EntryType is TarEntryType.RegularFile)
            {
                if (entry.DataStream is null)
                {
                    return "";
                }

                using var text = new StreamReader(entry.DataStream, Encoding.UTF8);
                return text.ReadToEnd();
            }
        }

        return null;
    }

    /// <summary>
    /// A build context whose Dockerfile no longer copies the task's own skills. Their folder is there but empty, since a
    /// line that copies everything, or a command, may name it.
    /// </summary>
    public static async Task<Stream> WithoutSkillsAsync(Stream context, CancellationToken cancellationToken)
    {
        var result = Scratch();
        await using (var writer = new TarWriter(result, TarEntryFormat.Pax, leaveOpen: true))
        {
            await using var reader = new TarReader(context, leaveOpen: true);
            while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                if (entry.Name is "Dockerfile" or "./Dockerfile" && entry.DataStream is not null)
                {
                    using var text = new StreamReader(entry.DataStream, Encoding.UTF8);
                    var kept = Dockerfile.Parse(await text.ReadToEndAsync(cancellationToken)).WithoutCopiesOf("skills");
                    await writer.WriteEntryAsync(
                        new PaxTarEntry(TarEntryType.RegularFile, entry.Name) { Mode = entry.Mode, DataStream = new MemoryStream(Encoding.UTF8.GetBytes(kept)) },
                        cancellationToken);
                }
                else if (entry.Name is "skills/" or "./skills/" || !entry.Name.StartsWith("skills/", StringComparison.Ordinal) && !entry.Name.StartsWith("./skills/", StringComparison.Ordinal))
                {
                    await writer.WriteEntryAsync(entry, cancellationToken);
                }
            }
        }

        result.Position = 0;
        return result;
    }

    private static async Task<Stream> ScriptAsync(Stream script, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await script.CopyToAsync(buffer, cancellationToken);
        var bytes = buffer.ToArray();
        ReadOnlySpan<byte> content = bytes;
        if (content.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            content = content[3..];
        }

        var line = content.IndexOf((byte)'\n');
        return line > 0 && content[line - 1] == '\r'
            ? new MemoryStream(Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(content).Replace("\r\n", "\n", StringComparison.Ordinal)))
            : new MemoryStream(content.ToArray());
    }

    private static FileStream Scratch() => new(
        Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 81920, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
}

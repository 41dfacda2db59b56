using System.Formats.Tar;
using System.IO.Enumeration;
using System.Runtime.CompilerServices;
using System.Text;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Rewriting of tars on their way in and out of containers.</summary>
internal static class Tars
{
    /// <summary>Most entries fetched from one folder: their headers alone take some 30 MB.</summary>
    public const int MostEntries = 20_000;

    private const int MostNotes = 10;

    /// <summary>Bytes of one folder that are read past: a few seconds of an engine's work.</summary>
    private const long MostSkipped = 2L * 1024 * 1024 * 1024;

    private const string Skills = "skills";

    /// <summary>
    /// Puts the entries of a tar below a folder, owned by root. Shell scripts become runnable and lose what editors on
    /// other systems put in (byte-order mark, carriage returns), since no kernel would start them.
    /// </summary>
    public static Task<Stream> BelowAsync(Stream tar, string folder, CancellationToken cancellationToken) => RewriteAsync(tar, async (entry, packer) =>
    {
        if (TarPack.PlainName(entry) is not { Length: > 0 } name)
        {
            return;
        }

        var isScript = TarPack.IsFile(entry) && name.EndsWith(".sh", StringComparison.Ordinal);
        await packer.CopyAsync(
            entry,
            $"{folder}/{name}",
            cancellationToken,
            content: isScript && entry.DataStream is { } script ? await ScriptAsync(script, cancellationToken) : null,
            mode: isScript ? entry.Mode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : null,
            target: entry.EntryType is TarEntryType.HardLink ? $"{folder}/{entry.LinkName}" : null);
    }, cancellationToken);

    /// <summary>
    /// Rewrites a tar that comes out of a container: its entries move up to the root; files that are too large, and files beyond the
    /// limit of the whole, are left out and named. Links stay links; none is followed.
    /// </summary>
    /// <remarks>The content is hostile: entries beyond a number are left out too, and only a few of those left out are named.</remarks>
    public static async Task<FetchedFolder> HomeAsync(
        Stream tar, string label, long fileBytes, long folderBytes, Func<string, bool> excluded, CancellationToken cancellationToken)
    {
        List<string> notes = [];
        long total = 0;
        long skipped = 0;
        var (broken, alone) = (false, false);
        var (files, entries, unnamed) = (0, 0, 0);
        using var result = new MemoryStream();
        await using (var packer = TarPacker.Into(result))
        {
            await foreach (var entry in ReadableAsync(tar, () => broken = true, cancellationToken))
            {
                var slash = entry.Name.IndexOf('/', StringComparison.Ordinal);
                var isFile = TarPack.IsFile(entry);
                alone |= slash < 0 && isFile;
                var name = slash < 0 ? isFile ? entry.Name : "" : entry.Name[(slash + 1)..].TrimEnd('/');
                if (name.Length == 0 || excluded(name) || !(isFile || entry.EntryType is TarEntryType.Directory or TarEntryType.SymbolicLink))
                {
                    continue;
                }

                if (name.Any(char.IsControl) || entry.LinkName.Any(char.IsControl))
                {
                    // The archive that is made here could not be read again.
                    skipped += isFile ? entry.Length : 0;
                    if (notes.Count < MostNotes)
                    {
                        notes.Add($"{label}/{PlainText.OneLine(name, 200)} was left out: its name has control characters");
                    }
                    else
                    {
                        unnamed++;
                    }
                }
                else if (isFile && (entry.Length > fileBytes || total + entry.Length > folderBytes))
                {
                    if (notes.Count < MostNotes)
                    {
                        notes.Add($"{label}/{PlainText.OneLine(name, 200)} has {entry.Length:N0} bytes and was left out (limit {(entry.Length > fileBytes ? fileBytes : folderBytes):N0})");
                    }
                    else
                    {
                        unnamed++;
                    }

                    skipped += entry.Length;
                }
                else if (++entries > MostEntries)
                {
                    notes.Add($"{label} has more than {MostEntries:N0} entries; the others were left out");
                    broken = true;
                    break;
                }
                else
                {
                    total += isFile ? entry.Length : 0;
                    files += isFile ? 1 : 0;
                    await packer.CopyAsync(entry, name, cancellationToken);
                    continue;
                }

                // What is left out is sent all the same, a file with holes with all of its zeros: there is an end to that.
                if (skipped > MostSkipped)
                {
                    notes.Add($"{label}: what came behind {PlainText.OneLine(name, 200)} was left out");
                    broken = true;
                    break;
                }
            }
        }

        if (unnamed > 0)
        {
            notes.Add($"{label}: {unnamed:N0} more files were left out");
        }

        return new FetchedFolder(result.ToArray(), notes, files) { Broken = broken, IsFile = alone };

        async IAsyncEnumerable<TarEntry> ReadableAsync(Stream source, Action stop, [EnumeratorCancellation] CancellationToken token)
        {
            await using var reading = TarPack.ReadAsync(source, token).GetAsyncEnumerator(token);
            while (true)
            {
                try
                {
                    if (!await reading.MoveNextAsync())
                    {
                        yield break;
                    }
                }
                catch (InvalidDataException unreadable)
                {
                    notes.Add($"{label}: the rest was left out, since it cannot be read: {PlainText.OneLine(unreadable.Message, 200)}");
                    stop();
                    yield break;
                }

                yield return reading.Current;
            }
        }
    }

    /// <summary>One tar of several, each below a prefix.</summary>
    public static async Task<FetchedFolder> JoinAsync(IReadOnlyList<(string Prefix, FetchedFolder Part)> parts, CancellationToken cancellationToken)
    {
        using var result = new MemoryStream();
        await using (var packer = TarPacker.Into(result))
        {
            foreach (var (prefix, part) in parts)
            {
                await foreach (var entry in TarPack.ReadAsync(new MemoryStream(part.Tar, writable: false), cancellationToken))
                {
                    await packer.CopyAsync(entry, $"{prefix}{entry.Name}", cancellationToken);
                }
            }
        }

        return new FetchedFolder(result.ToArray(), [], parts.Sum(part => part.Part.Files));
    }

    /// <summary>Whether a path or its last name matches one of some patterns (<c>*</c>, <c>?</c>).</summary>
    public static Func<string, bool> Matcher(IReadOnlyList<string> patterns) => path => patterns.Any(pattern =>
        FileSystemName.MatchesSimpleExpression(pattern.Trim('/'), path, ignoreCase: false)
        || path.Split('/').Any(part => FileSystemName.MatchesSimpleExpression(pattern.Trim('/'), part, ignoreCase: false)));

    /// <summary>
    /// A build context whose Dockerfile no longer copies the task's own skills. Their folder is there but empty, since a
    /// line that copies everything, or a command, may name it.
    /// </summary>
    public static Task<Stream> WithoutSkillsAsync(Stream context, CancellationToken cancellationToken) => RewriteAsync(context, async (entry, packer) =>
    {
        var name = TarPack.PlainName(entry);
        if (name == "Dockerfile" && TarPack.IsFile(entry))
        {
            var kept = Dockerfile.Parse(await TarPack.TextAsync(entry, cancellationToken)).WithoutCopiesOf(Skills);
            packer.File(entry.Name, kept, entry.Mode);
        }
        else if (!name.StartsWith($"{Skills}/", StringComparison.Ordinal))
        {
            await packer.CopyAsync(entry, entry.Name, cancellationToken);
        }
    }, cancellationToken);

    /// <summary>A tar whose entries are written anew, in a file of its own.</summary>
    internal static async Task<Stream> RewriteAsync(Stream tar, Func<TarEntry, TarPacker, Task> rewrite, CancellationToken cancellationToken, Action<TarPacker>? more = null)
    {
        var result = TarPack.Scratch();
        try
        {
            await using (var packer = TarPacker.Into(result))
            {
                more?.Invoke(packer);
                await foreach (var entry in TarPack.ReadAsync(tar, cancellationToken))
                {
                    await rewrite(entry, packer);
                }
            }
        }
        catch (Exception)
        {
            await result.DisposeAsync();
            throw;
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
}

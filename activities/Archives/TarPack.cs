using System.Formats.Tar;
using System.Runtime.CompilerServices;
using System.Text;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Archives;

/// <summary>
/// Reads archives (tar) entry by entry. Nothing is held in memory but the entry at hand, and all bounds are here: an archive
/// out of a container is hostile.
/// </summary>
internal static class TarPack
{
    /// <summary>Most entries of one archive; no real folder of a task, skill or container has more.</summary>
    public const int MostEntries = 1_000_000;

    /// <summary>Most characters of a name or of a link's target: Linux has no longer paths.</summary>
    public const int MostPathCharacters = 4096;

    /// <summary>Bytes of a file that is taken for text.</summary>
    public const int MostTextBytes = 16 * 1024 * 1024;

    /// <summary>The entries in their order. The content of one can be read until the next is asked for.</summary>
    /// <param name="tar">Stays open.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidDataException">It is not an archive, or exceeds a limit.</exception>
    public static async IAsyncEnumerable<TarEntry> ReadAsync(Stream tar, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var reader = new TarReader(tar, leaveOpen: true);
        for (var count = 1; await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry; count++)
        {
            if (count > MostEntries)
            {
                throw new InvalidDataException($"The archive has more than {MostEntries:N0} entries.");
            }

            if (entry.Name.Length > MostPathCharacters || entry.LinkName.Length > MostPathCharacters)
            {
                throw new InvalidDataException($"The archive has a path of more than {MostPathCharacters:N0} characters: {PlainText.OneLine(entry.Name, 100)}");
            }

            yield return entry;
        }
    }

    /// <summary>Whether an entry is a plain file.</summary>
    public static bool IsFile(TarEntry entry) => entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile;

    /// <summary>The name without <c>./</c> before it and <c>/</c> around it; empty for the archive's root.</summary>
    public static string PlainName(TarEntry entry)
    {
        var name = entry.Name;
        while (name.StartsWith("./", StringComparison.Ordinal))
        {
            name = name[2..];
        }

        return name == "." ? "" : name.Trim('/');
    }

    /// <summary>Content of a file, or its beginning.</summary>
    /// <param name="entry">The entry at hand.</param>
    /// <param name="most">Bytes to read at most.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="EndOfStreamException">The archive breaks off.</exception>
    public static async Task<byte[]> BytesAsync(TarEntry entry, long most, CancellationToken cancellationToken)
    {
        var content = new byte[Math.Min(entry.Length, most)];
        if (entry.DataStream is { } data)
        {
            await data.ReadExactlyAsync(content, cancellationToken);
        }

        return content;
    }

    /// <summary>Content of a file as UTF-8 text, at most <see cref="MostTextBytes"/> of it, without a byte-order mark.</summary>
    public static async Task<string> TextAsync(TarEntry entry, CancellationToken cancellationToken) =>
        Decoded(await BytesAsync(entry, MostTextBytes, cancellationToken));

    /// <summary>The texts of files by their names, in one pass. Missing files are left out.</summary>
    /// <param name="tar">Stays open.</param>
    /// <param name="names">Names without <c>./</c> before them.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="most">Bytes read of each: half a JSON document is none, so whoever allows longer files reads them whole.</param>
    public static async Task<IReadOnlyDictionary<string, string>> TextsAsync(
        Stream tar, IReadOnlyCollection<string> names, CancellationToken cancellationToken, long most = MostTextBytes)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        await foreach (var entry in ReadAsync(tar, cancellationToken))
        {
            if (IsFile(entry) && PlainName(entry) is var name && names.Contains(name) && texts.TryAdd(name, Decoded(await BytesAsync(entry, most, cancellationToken))) && texts.Count == names.Count)
            {
                break;
            }
        }

        return texts;
    }

    /// <summary>The text of one file.</summary>
    /// <returns>Null where there is none.</returns>
    public static async Task<string?> TextAsync(Stream tar, string name, CancellationToken cancellationToken, long most = MostTextBytes) =>
        (await TextsAsync(tar, [name], cancellationToken, most)).GetValueOrDefault(name);

    /// <summary>A temporary file for an archive; it is deleted when it is closed.</summary>
    public static FileStream Scratch() => new(
        Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 81920, FileOptions.DeleteOnClose | FileOptions.Asynchronous);

    private static string Decoded(ReadOnlySpan<byte> text) =>
        Encoding.UTF8.GetString(text.StartsWith("\uFEFF"u8) ? text[3..] : text);
}

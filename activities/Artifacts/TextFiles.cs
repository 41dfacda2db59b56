using System.Text;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Artifacts;

/// <param name="Name">Path in the archive.</param>
/// <param name="Text">Its text, as well as it can be read.</param>
internal sealed record TextFile(string Name, string Text);

/// <summary>Files of an archive as text, in bounds.</summary>
internal static class TextFiles
{
    /// <summary>Most bytes read of one file, and of all files of an archive together.</summary>
    private const int MostOfAFile = 2 * 1024 * 1024;
    private const int MostOfAnArchive = 8 * 1024 * 1024;

    /// <summary>Reads the files. Binary ones are left out, or read as well as they can be.</summary>
    public static async Task<List<TextFile>> ReadAsync(IArtifactStore store, ArtifactRef? archive, bool binary, CancellationToken cancellationToken)
    {
        var files = new List<TextFile>();
        if (archive is null)
        {
            return files;
        }

        await using var stream = await store.OpenAsync(archive, cancellationToken);
        long total = 0;
        await foreach (var entry in TarPack.ReadAsync(stream, cancellationToken))
        {
            if (total >= MostOfAnArchive)
            {
                break;
            }

            if (entry.DataStream is null)
            {
                continue;
            }

            var content = await TarPack.BytesAsync(entry, MostOfAFile, cancellationToken);
            if (binary || !content.AsSpan().Contains((byte)0))
            {
                files.Add(new TextFile(entry.Name, Encoding.UTF8.GetString(content).TrimStart('\uFEFF')));
                total += content.Length;
            }
        }

        return files;
    }
}

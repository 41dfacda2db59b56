using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Fetches what the oracle wrote: files it made or changed, and its output.</summary>
internal sealed class OracleChanges(IContainerGateway gateway, IArtifactStore store, SandboxOptions options)
{
    /// <summary>Entry with the oracle's output and errors.</summary>
    public const string OutputEntry = "spark-oracle-stdout.txt";

    /// <summary>An answer is a handful of files; installing a package makes thousands, which are not the answer.</summary>
    private const int MostFiles = 500;

    private const int OutputBytes = 1024 * 1024;

    private static readonly string[] Never = ["/solution", "/tmp", "/logs", "/proc", "/sys", "/dev", "/run", "/.spark", "/tests", .. SandboxScripts.EnginesOwn];

    /// <summary>Folders of packages: answers are seldom there, so they come last and are dropped first if not everything fits.</summary>
    private static readonly string[] Late = ["/usr", "/var", "/etc", "/lib", "/opt", "/root/.cache", "/root/.local"];

    public async Task<ArtifactRef> KeepAsync(string container, byte[] output, CancellationToken cancellationToken)
    {
        using var result = new MemoryStream();
        // Without times, so that the same answer gives the same archive.
        await using (var packer = TarPacker.Reproducible(result))
        {
            packer.File(OutputEntry, output.Length <= OutputBytes ? output : output[..OutputBytes]);
            var total = 0L;
            foreach (var path in Candidates(await gateway.WrittenAsync(container, cancellationToken)).Take(MostFiles))
            {
                total += await CopyAsync(container, path, options.FolderBytes - total, packer, cancellationToken);
            }
        }

        return await store.PutBytesAsync(result.ToArray(), MediaTypes.Tar, cancellationToken);
    }

    /// <summary>Paths that may be answers; folders that hold other changes are left out, the likeliest come first.</summary>
    internal static IEnumerable<string> Candidates(IReadOnlyList<string> changes)
    {
        var folders = changes.Select(path => path[..Math.Max(0, path.LastIndexOf('/'))]).ToHashSet();
        return changes
            .Where(path => !folders.Contains(path) && !Never.Any(folder => FolderPath.IsIn(path, folder)) && !path.Contains("/__pycache__/", StringComparison.Ordinal))
            .OrderBy(path => Late.Any(folder => FolderPath.IsIn(path, folder)))
            .ThenBy(path => path, StringComparer.Ordinal);
    }

    private async Task<long> CopyAsync(string container, string path, long room, TarPacker packer, CancellationToken cancellationToken)
    {
        var stream = await gateway.GetAsync(container, path, cancellationToken);
        if (stream is null)
        {
            return 0;
        }

        await using (stream)
        {
            // Only the first entry: for a folder whose mode changed, the engine sends everything in it.
            await foreach (var entry in TarPack.ReadAsync(stream, cancellationToken))
            {
                if (!TarPack.IsFile(entry) || entry.Length > Math.Min(room, options.FileBytes))
                {
                    break;
                }

                await packer.FileAsync(path.TrimStart('/'), entry.DataStream, entry.Mode, new TarOwner(entry.Uid, entry.Gid), cancellationToken);
                return entry.Length;
            }

            return 0;
        }
    }
}

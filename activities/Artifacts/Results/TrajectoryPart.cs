using System.Security.Cryptography;
using System.Text;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Results;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>The lines of one attempt in a trajectory.</summary>
/// <param name="Events">The lines, in the store.</param>
/// <param name="TailSha256">SHA-256 of the last bytes of them, at most <see cref="TailBytes"/>.</param>
internal sealed record TrajectoryPart(ArtifactRef Events, string TailSha256)
{
    /// <summary>How much of a part is compared with a file: enough to notice a torn or changed end, and little to read.</summary>
    public const int TailBytes = 4_096;

    public int TailLength => (int)Math.Min(Events.Length, TailBytes);

    public static async Task<TrajectoryPart> StoreAsync(IArtifactStore store, IReadOnlyList<TrajectoryEvent> events, CancellationToken cancellationToken)
    {
        var lines = Bytes(events);
        var reference = await store.PutBytesAsync(lines, MediaTypes.Text, cancellationToken);
        if (reference.Sha256 != Hash(lines))
        {
            // The store has masked a secret, which may keep its length: what the store holds is what goes into the file.
            lines = Encoding.UTF8.GetBytes(await store.ReadTextAsync(reference, cancellationToken));
        }

        return new TrajectoryPart(reference, Hash(lines.AsSpan(Math.Max(0, lines.Length - TailBytes))));
    }

    public static byte[] Bytes(IReadOnlyList<TrajectoryEvent> events) => Encoding.UTF8.GetBytes(string.Concat(events.Select(TrajectoryFile.Write)));

    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>
/// Writes a trajectory whose first parts are usually in the file already. The file's length and the bytes at the end of a part
/// show which parts it has; everything behind them is cut off and written again. So a second try, or one after a kill in the
/// middle of a write, leaves the same bytes. A file that begins differently (edited, or of an earlier version) is replaced whole.
/// </summary>
internal sealed class TrajectoryWriter(IArtifactStore store)
{
    /// <param name="path">The file; made where it is missing.</param>
    /// <param name="parts">The attempts, oldest first.</param>
    /// <param name="end">Lines behind them.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ResultFormatException">The file is of a newer schema; it is left unchanged.</exception>
    public async Task WriteAsync(string path, IReadOnlyList<TrajectoryPart> parts, byte[] end, CancellationToken cancellationToken)
    {
        if (!File.Exists(path) || !await AppendAsync(path, parts, end, cancellationToken))
        {
            await ReplaceAsync(path, parts, end, cancellationToken);
        }
    }

    private async Task<bool> AppendAsync(string path, IReadOnlyList<TrajectoryPart> parts, byte[] end, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var there = await ThereAsync(file, parts, cancellationToken);
        if (there == 0)
        {
            return false;
        }

        file.SetLength(Length(parts, there));
        await WriteRestAsync(file, parts, there, end, cancellationToken);
        return true;
    }

    private async Task ReplaceAsync(string path, IReadOnlyList<TrajectoryPart> parts, byte[] end, CancellationToken cancellationToken)
    {
        if (File.Exists(path) && File.ReadLines(path).FirstOrDefault() is { } first)
        {
            ResultJson.RefuseNewer(path, Encoding.UTF8.GetBytes(first));
        }

        await ResultFolder.ReplaceAsync(path, file => WriteRestAsync(file, parts, 0, end, cancellationToken));
    }

    private async Task WriteRestAsync(FileStream file, IReadOnlyList<TrajectoryPart> parts, int there, byte[] end, CancellationToken cancellationToken)
    {
        file.Position = Length(parts, there);
        foreach (var part in parts.Skip(there))
        {
            await using var events = await store.OpenAsync(part.Events, cancellationToken);
            await events.CopyToAsync(file, cancellationToken);
        }

        await file.WriteAsync(end, cancellationToken);
        await file.FlushAsync(cancellationToken);
    }

    /// <summary>How many of the parts a file begins with.</summary>
    private static async Task<int> ThereAsync(FileStream file, IReadOnlyList<TrajectoryPart> parts, CancellationToken cancellationToken)
    {
        for (var count = parts.Count; count > 0; count--)
        {
            var (part, length) = (parts[count - 1], Length(parts, count));
            if (file.Length < length)
            {
                continue;
            }

            var tail = new byte[part.TailLength];
            file.Position = length - tail.Length;
            await file.ReadExactlyAsync(tail, cancellationToken);
            if (TrajectoryPart.Hash(tail) == part.TailSha256)
            {
                return count;
            }
        }

        return 0;
    }

    private static long Length(IReadOnlyList<TrajectoryPart> parts, int count) => parts.Take(count).Sum(part => part.Events.Length);
}

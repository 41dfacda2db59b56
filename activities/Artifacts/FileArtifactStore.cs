using System.Security.Cryptography;
using System.Text;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Artifacts;

/// <summary>Artifact store in a folder: <c>sha256/ab/cdef…</c> for content, <c>keys/ab/cdef…</c> for keyed values.</summary>
/// <param name="root">Folder of the store; made when missing. Several workers on one host may share it.</param>
public sealed class FileArtifactStore(string root) : IArtifactStore
{
    public async Task<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken)
    {
        var temporary = Path.Combine(Directory.CreateDirectory(Path.Combine(root, "tmp")).FullName, Guid.NewGuid().ToString("n"));
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            long length = 0;
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                var buffer = new byte[81920];
                int read;
                while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
                {
                    hash.AppendData(buffer, 0, read);
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                    length += read;
                }

                file.Flush(flushToDisk: true);
            }

            var reference = new ArtifactRef(Convert.ToHexStringLower(hash.GetHashAndReset()), length, mediaType);
            // Written even if the content exists already: the old file may be damaged.
            var path = ContentPath(reference);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Move(temporary, path, overwrite: true);
            return reference;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public async Task<Stream> OpenAsync(ArtifactRef reference, CancellationToken cancellationToken)
    {
        var path = ContentPath(reference);
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 81920, useAsync: true);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArtifactLostException(reference, $"is not in {root}");
        }

        try
        {
            // Checked in full before it is handed out, so that no reader acts on the first half of damaged content.
            if (stream.Length != reference.Length)
            {
                throw new ArtifactLostException(reference, $"is damaged: {path} has {stream.Length} bytes");
            }

            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken)) != reference.Sha256)
            {
                throw new ArtifactLostException(reference, $"is damaged: {path} has another hash");
            }

            stream.Position = 0;
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public Task<bool> ContainsAsync(ArtifactRef reference, CancellationToken cancellationToken) =>
        Task.FromResult(File.Exists(ContentPath(reference)));

    public async Task<string?> GetKeyAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(KeyPath(key), cancellationToken);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public async Task<string> PutKeyAsync(string key, string value, CancellationToken cancellationToken)
    {
        var path = KeyPath(key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = Path.Combine(Directory.CreateDirectory(Path.Combine(root, "tmp")).FullName, Guid.NewGuid().ToString("n"));
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                await file.WriteAsync(Encoding.UTF8.GetBytes(value), cancellationToken);
                file.Flush(flushToDisk: true);
            }

            return ExclusiveFile.TryName(temporary, path) ? value : await File.ReadAllTextAsync(path, cancellationToken);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private string ContentPath(ArtifactRef reference) =>
        Path.Combine(root, "sha256", reference.Sha256[..2], reference.Sha256[2..]);

    private string KeyPath(string key)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        return Path.Combine(root, "keys", name[..2], name[2..]);
    }
}

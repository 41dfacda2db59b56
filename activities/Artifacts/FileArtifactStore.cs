using System.Security.Cryptography;
using System.Text;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Artifacts;

/// <summary>Artifact store in a folder: <c>sha256/ab/cdef…</c> for content, <c>keys/ab/cdef…</c> for keyed values.</summary>
/// <param name="root">Folder of the store; made when missing. Several workers on one host may share it.</param>
public sealed class FileArtifactStore(string root) : IArtifactStore
{
    private const string Content = "sha256";
    private const string Keys = "keys";
    private const string Temporary = "tmp";

    private volatile bool _seen;

    public async Task<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken)
    {
        // Trouble with where the content comes from is not the store's.
        var reading = false;
        try
        {
            var temporary = NewTemporary();
            try
            {
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                long length = 0;
                await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
                {
                    var buffer = new byte[81920];
                    while (true)
                    {
                        reading = true;
                        var read = await content.ReadAsync(buffer, cancellationToken);
                        reading = false;
                        if (read == 0)
                        {
                            break;
                        }

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
                Delete(temporary);
            }
        }
        catch (Exception refused) when (!reading && IsRefusal(refused))
        {
            throw Unavailable(refused);
        }
    }

    public async Task<Stream> OpenAsync(ArtifactRef reference, CancellationToken cancellationToken)
    {
        var path = ContentPath(reference);
        FileStream? stream = null;
        try
        {
            Find();
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 81920, useAsync: true);

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
        catch (Exception broken)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            throw broken switch
            {
                // Whoever has a reference has stored something: an empty folder is another one than then.
                FileNotFoundException or DirectoryNotFoundException when !Directory.Exists(Path.Combine(root, Content)) =>
                    new StoreUnavailableException(root, $"it holds nothing, not even artifact {reference.Sha256[..12]}…", "Is its disk or share mounted, and Worker:ArtifactFolder right?"),
                FileNotFoundException or DirectoryNotFoundException => new ArtifactLostException(reference, $"is not in {root}"),
                _ when IsRefusal(broken) => Unavailable(broken),
                _ => broken,
            };
        }
    }

    public Task<bool> ContainsAsync(ArtifactRef reference, CancellationToken cancellationToken)
    {
        Find();
        return Task.FromResult(File.Exists(ContentPath(reference)));
    }

    public async Task<string?> GetKeyAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            Find();
            return await File.ReadAllTextAsync(KeyPath(key), cancellationToken);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception refused) when (IsRefusal(refused))
        {
            throw Unavailable(refused);
        }
    }

    public async Task<string> PutKeyAsync(string key, string value, CancellationToken cancellationToken)
    {
        try
        {
            var path = KeyPath(key);
            var temporary = NewTemporary();
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
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
                Delete(temporary);
            }
        }
        catch (Exception refused) when (IsRefusal(refused))
        {
            throw Unavailable(refused);
        }
    }

    private static bool IsRefusal(Exception failure) => failure is IOException or UnauthorizedAccessException;

    private static void Delete(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception left) when (IsRefusal(left))
        {
            // What went wrong before says more.
        }
    }

    private StoreUnavailableException Unavailable(Exception refused) => new(root, refused.Message, DiskWords.Remedy(refused), refused);

    private string NewTemporary()
    {
        if (!_seen)
        {
            foreach (var part in new[] { Keys, Content, Temporary })
            {
                Directory.CreateDirectory(Path.Combine(root, part));
            }

            _seen = true;
        }

        Find();
        return Path.Combine(root, Temporary, Guid.NewGuid().ToString("n"));
    }

    /// <summary>
    /// A store that was there and is not any more is a disk that was unmounted, not an empty store: nothing in it is lost, and a new one must
    /// not be begun in its place.
    /// </summary>
    private void Find()
    {
        var found = Directory.Exists(Path.Combine(root, Keys));
        if (!found && _seen)
        {
            throw new StoreUnavailableException(root, "its folders are gone", "Is its disk or share mounted?");
        }

        _seen |= found;
    }

    private string ContentPath(ArtifactRef reference) =>
        Path.Combine(root, Content, reference.Sha256[..2], reference.Sha256[2..]);

    private string KeyPath(string key)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        return Path.Combine(root, Keys, name[..2], name[2..]);
    }
}

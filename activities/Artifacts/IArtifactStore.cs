using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Artifacts;

/// <summary>
/// Content-addressed store of everything that is too large for a history, and of small keyed references (the replies of
/// models). Content is never changed; writing the same content again is free. Each method throws
/// <see cref="StoreUnavailableException"/> where the store cannot be reached, read or written.
/// </summary>
public interface IArtifactStore
{
    /// <summary>Stores content and returns its reference once it is durable.</summary>
    Task<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken);

    /// <summary>
    /// Stores content of a user that must be built and run as it is, such as a task's files. It is never changed; other content
    /// may have its secrets masked.
    /// </summary>
    Task<ArtifactRef> PutVerbatimAsync(Stream content, string mediaType, CancellationToken cancellationToken) => PutAsync(content, mediaType, cancellationToken);

    /// <summary>Opens content for reading.</summary>
    /// <exception cref="ArtifactLostException">It is not in the store.</exception>
    Task<Stream> OpenAsync(ArtifactRef reference, CancellationToken cancellationToken);

    Task<bool> ContainsAsync(ArtifactRef reference, CancellationToken cancellationToken);

    /// <summary>Value kept under a key, null when there is none.</summary>
    Task<string?> GetKeyAsync(string key, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps a value under a key unless the key has one; durable when it returns.
    /// </summary>
    /// <returns>The value that the key has now: the given one, or the one that was there first.</returns>
    Task<string> PutKeyAsync(string key, string value, CancellationToken cancellationToken);
}

/// <summary>An artifact is missing or does not match its hash.</summary>
public sealed class ArtifactLostException(ArtifactRef reference, string why)
    : Exception($"Artifact {reference.Sha256} ({reference.MediaType}, {reference.Length} bytes) {why}.")
{
    public ArtifactRef Reference { get; } = reference;
}

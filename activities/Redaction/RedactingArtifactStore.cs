using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Redaction;

/// <summary>An artifact store that keeps no secret: content is masked before it is stored.</summary>
public sealed class RedactingArtifactStore(IArtifactStore store, SecretRedactor redactor) : IArtifactStore
{
    public async Task<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken)
    {
        await using var masked = redactor.Reading(content);
        if (mediaType != MediaTypes.Tar)
        {
            return await store.PutAsync(masked, mediaType, cancellationToken);
        }

        await using var archive = new TarChecksumStream(masked);
        return await store.PutAsync(archive, mediaType, cancellationToken);
    }

    public Task<ArtifactRef> PutVerbatimAsync(Stream content, string mediaType, CancellationToken cancellationToken) =>
        store.PutVerbatimAsync(content, mediaType, cancellationToken);

    public Task<Stream> OpenAsync(ArtifactRef reference, CancellationToken cancellationToken) => store.OpenAsync(reference, cancellationToken);

    public Task<bool> ContainsAsync(ArtifactRef reference, CancellationToken cancellationToken) => store.ContainsAsync(reference, cancellationToken);

    public Task<string?> GetKeyAsync(string key, CancellationToken cancellationToken) => store.GetKeyAsync(key, cancellationToken);

    public Task<string> PutKeyAsync(string key, string value, CancellationToken cancellationToken) =>
        store.PutKeyAsync(key, redactor.RedactKnown(value), cancellationToken);
}

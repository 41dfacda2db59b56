using System.Text;
using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Artifacts;

/// <summary>Text, JSON and conversations in the store.</summary>
public static class ArtifactStoreExtensions
{
    public static async Task<ArtifactRef> PutBytesAsync(
        this IArtifactStore store, byte[] content, string mediaType, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream(content, writable: false);
        return await store.PutAsync(stream, mediaType, cancellationToken);
    }

    public static Task<ArtifactRef> PutTextAsync(
        this IArtifactStore store, string text, CancellationToken cancellationToken, string mediaType = MediaTypes.Text) =>
        store.PutBytesAsync(Encoding.UTF8.GetBytes(text), mediaType, cancellationToken);

    public static async Task<string> ReadTextAsync(
        this IArtifactStore store, ArtifactRef reference, CancellationToken cancellationToken)
    {
        await using var stream = await store.OpenAsync(reference, cancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    public static Task<ArtifactRef> PutJsonAsync<T>(this IArtifactStore store, T value, CancellationToken cancellationToken) =>
        store.PutBytesAsync(JsonSerializer.SerializeToUtf8Bytes(value, SparkJson.Options), MediaTypes.Json, cancellationToken);

    public static async Task<T> ReadJsonAsync<T>(
        this IArtifactStore store, ArtifactRef reference, CancellationToken cancellationToken)
    {
        await using var stream = await store.OpenAsync(reference, cancellationToken);
        return await JsonSerializer.DeserializeAsync<T>(stream, SparkJson.Options, cancellationToken)
            ?? throw new ArtifactLostException(reference, "holds null");
    }

    /// <summary>Adds messages to a conversation and returns its new name.</summary>
    public static Task<ArtifactRef> AppendAsync(
        this IArtifactStore store, ArtifactRef? conversation, IReadOnlyList<ChatMessage> messages, CancellationToken cancellationToken) =>
        store.PutJsonAsync(new ConversationLink { Previous = conversation, Messages = messages }, cancellationToken);

    /// <summary>All messages of a conversation, oldest first.</summary>
    public static async Task<IReadOnlyList<ChatMessage>> ReadConversationAsync(
        this IArtifactStore store, ArtifactRef conversation, CancellationToken cancellationToken)
    {
        var links = new Stack<ConversationLink>();
        for (ArtifactRef? next = conversation; next is not null; next = links.Peek().Previous)
        {
            links.Push(await store.ReadJsonAsync<ConversationLink>(next, cancellationToken));
        }

        return [.. links.SelectMany(link => link.Messages)];
    }
}

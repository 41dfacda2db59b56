using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>A reply that reached a worker, kept under its call's key.</summary>
internal sealed record StoredReply
{
    /// <summary>Hash of what was asked for.</summary>
    public required string RequestSha256 { get; init; }

    /// <summary>The raw body.</summary>
    public required ArtifactRef Reply { get; init; }

    public required string Model { get; init; }
    public required string Purpose { get; init; }
    public required string Task { get; init; }
    public required DateTimeOffset ReceivedAt { get; init; }
    public required TokenUsage Usage { get; init; }

    /// <summary>From the request to the whole reply, in milliseconds.</summary>
    public long DurationMs { get; init; }

    public int ResentInFlight { get; init; }

    /// <summary>Observations left out of the request.</summary>
    public int DroppedObservations { get; init; }

    /// <summary>Estimated tokens of what was sent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int SentTokens { get; init; }

    /// <summary>Positions of the observations that were left out first in this request; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<int>? LeftOut { get; init; }

    /// <summary>The shell was offered as a fenced block.</summary>
    public bool Fenced { get; init; }

    /// <summary>Name of the API that was spoken; null for chat completions, and for a reply that was stored without it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Api { get; init; }

    /// <summary>Base address that the reply came from; null for a reply that was stored without it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Endpoint { get; init; }

    /// <summary>Id of the run that asked; null for a reply that was stored without it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RunId { get; init; }
}

/// <summary>
/// The replies of one call, and the marks of its requests. A mark is written before a request goes out, and is answered when
/// the request has a definite end. A mark without an answer is a request that was cut off in flight; the endpoint may have
/// served it.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="key">Key of the reply.</param>
internal sealed class ReplyShelf(IArtifactStore store, string key)
{
    private int _sent;
    private int _fresh;

    /// <summary>Requests that were cut off in flight.</summary>
    public int CutOff { get; private set; }

    /// <summary>Replies that came, were paid for, and could not be used.</summary>
    public int Unreadable { get; private set; }

    /// <summary>What requests have cost that brought no reply of use.</summary>
    public TokenUsage Lost { get; private set; } = TokenUsage.None;

    public string Key => key;

    /// <summary>The shelf of a call.</summary>
    public static ReplyShelf Of(IArtifactStore store, LlmRequest request, string workflowId) =>
        new(store, $"llm/{request.Owner ?? workflowId}/{request.FirstRunId}/{request.Call}");

    /// <summary>
    /// The shelf of the same call for another question: of a run that was reset or forked, or of an attempt that was made again, and that
    /// went another way before this call.
    /// </summary>
    public ReplyShelf Again(string hash) => new(store, $"{key}/again/{hash}");

    public async Task<StoredReply?> FindAsync(CancellationToken cancellationToken) =>
        await store.GetKeyAsync(key, cancellationToken) is { } json ? Parse(json) : null;

    /// <summary>Keeps a reply, unless one is there already.</summary>
    /// <returns>The reply that counts.</returns>
    public async Task<StoredReply> KeepAsync(StoredReply reply, CancellationToken cancellationToken) =>
        Parse(await store.PutKeyAsync(key, JsonSerializer.Serialize(reply, SparkJson.Options), cancellationToken));

    /// <summary>Reads the marks of earlier requests of this call.</summary>
    public async Task ReadMarksAsync(CancellationToken cancellationToken)
    {
        while (await store.GetKeyAsync(SentKey(_sent + 1), cancellationToken) is not null)
        {
            _sent++;
            var (end, lost) = await store.GetKeyAsync(AnswerKey(_sent), cancellationToken) is { } mark ? ReadMark(mark) : (RequestEnd.Broken, await CutAsync(cancellationToken));
            Count(end, lost);
        }
    }

    /// <summary>Marks that a request goes out now.</summary>
    public async Task MarkSentAsync(CancellationToken cancellationToken)
    {
        _sent++;
        await store.PutKeyAsync(SentKey(_sent), "sent", cancellationToken);
    }

    /// <summary>Marks how the newest request ended; one that broke in flight stays open.</summary>
    /// <param name="end">How.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="lost">What it cost all the same; null for nothing.</param>
    public async Task MarkEndAsync(RequestEnd end, CancellationToken cancellationToken, TokenUsage? lost = null)
    {
        lost = lost is { TotalTokens: > 0 } ? lost : null;
        Count(end, lost);
        var usage = lost is null ? null : JsonSerializer.Serialize(lost, SparkJson.Options);
        if (end != RequestEnd.Broken)
        {
            await store.PutKeyAsync(AnswerKey(_sent), usage is null ? $"{end}" : $"{end} {usage}", cancellationToken);
        }
        else if (usage is not null)
        {
            await store.PutKeyAsync(CutKey(_sent), usage, cancellationToken);
        }
    }

    /// <summary>
    /// Key by which the endpoint may recognise a request that was cut off. The same body of the same call has the same
    /// key, until the endpoint gave an unreadable answer to it: then the next request must not get that answer again.
    /// </summary>
    public string IdempotencyKey(BinaryData body)
    {
        var bodyHash = Convert.ToHexStringLower(SHA256.HashData(body));
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{key}\n{bodyHash}\n{_fresh}"));
        return $"spark-{Convert.ToHexStringLower(hash)[..40]}";
    }

    private void Count(RequestEnd end, TokenUsage? lost)
    {
        CutOff += end == RequestEnd.Broken ? 1 : 0;
        Unreadable += end == RequestEnd.Unreadable ? 1 : 0;
        _fresh += end is RequestEnd.Unreadable or RequestEnd.Failed ? 1 : 0;
        Lost += lost ?? TokenUsage.None;
    }

    private static (RequestEnd End, TokenUsage? Lost) ReadMark(string mark)
    {
        var words = mark.Split(' ', 2);
        return (Enum.Parse<RequestEnd>(words[0]), words.Length == 1 ? null : JsonSerializer.Deserialize<TokenUsage>(words[1], SparkJson.Options));
    }

    private async Task<TokenUsage?> CutAsync(CancellationToken cancellationToken) =>
        await store.GetKeyAsync(CutKey(_sent), cancellationToken) is { } usage ? JsonSerializer.Deserialize<TokenUsage>(usage, SparkJson.Options) : null;

    private string CutKey(int number) => $"{key}/sent/{number}/cut";

    private string SentKey(int number) => $"{key}/sent/{number}";

    private string AnswerKey(int number) => $"{key}/sent/{number}/end";

    private static StoredReply Parse(string json) => JsonSerializer.Deserialize<StoredReply>(json, SparkJson.Options)!;
}

/// <summary>How a request ended.</summary>
internal enum RequestEnd
{
    /// <summary>It went out and no whole reply came back.</summary>
    Broken,

    /// <summary>It never reached the endpoint.</summary>
    NotSent,

    /// <summary>An error reply came.</summary>
    Refused,

    /// <summary>A success came that holds an error.</summary>
    Failed,

    /// <summary>A success came that cannot be read.</summary>
    Unreadable,
}

using Spark.Temporal.Activities.Llm.Apis;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Sends one request to a model, of any API, once, and hands back what came.</summary>
internal interface IChatGateway
{
    /// <summary>Posts a body. Any HTTP status is a reply, not an exception; a stream comes back as the whole reply that it makes up.</summary>
    /// <exception cref="ChatConnectionException">No whole reply came.</exception>
    Task<ChatHttpReply> SendAsync(ChatHttpRequest request, CancellationToken cancellationToken);
}

/// <param name="BaseUrl">Base address, without the path of the API.</param>
/// <param name="Api">Which API it speaks.</param>
/// <param name="Body">The body, JSON in UTF-8.</param>
/// <param name="Headers">Headers beside those of the protocol, the key's among them.</param>
/// <param name="Query">Query parameters.</param>
/// <param name="Deadlines">How long it may take.</param>
internal sealed record ChatHttpRequest(
    Uri BaseUrl, IModelApi Api, BinaryData Body, IReadOnlyDictionary<string, string> Headers, IReadOnlyDictionary<string, string> Query, ReplyDeadlines Deadlines)
{
    /// <summary>The whole address.</summary>
    public Uri Address
    {
        get
        {
            var query = string.Join('&', Query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));
            return new Uri($"{BaseUrl.AbsoluteUri.TrimEnd('/')}{Api.PathAt(BaseUrl)}{(query.Length > 0 ? $"?{query}" : "")}");
        }
    }
}

/// <summary>How long a reply may take.</summary>
/// <param name="FirstByte">Until its first byte.</param>
/// <param name="Silence">Between two bytes of a stream.</param>
/// <param name="Whole">Until the end of a reply that is no stream.</param>
/// <param name="Stream">Until the end of a stream that flows.</param>
internal sealed record ReplyDeadlines(TimeSpan FirstByte, TimeSpan Silence, TimeSpan Whole, TimeSpan Stream)
{
    /// <summary>One limit for everything.</summary>
    public static ReplyDeadlines All(TimeSpan limit) => new(limit, limit, limit, limit);
}

/// <param name="Status">HTTP status.</param>
/// <param name="Body">The whole body as text; of a stream the reply that would have come without it.</param>
/// <param name="RetryAfter">The provider's Retry-After, as it was sent.</param>
/// <param name="RetryAfterMs">The same in milliseconds, a header that some providers send beside it.</param>
/// <param name="ContentType">The body's type, as it was sent.</param>
/// <param name="Location">Where a redirect points to, as it was sent.</param>
internal sealed record ChatHttpReply(
    int Status, string Body, string? RetryAfter = null, string? RetryAfterMs = null, string? ContentType = null, string? Location = null)
{
    /// <summary>All headers, by their names in any case.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>It came as a stream.</summary>
    public bool Streamed { get; init; }

    /// <summary>What the model had said in a stream when an error ended it.</summary>
    public string Partial { get; init; } = "";

    /// <summary>Whether it is a web page. The first character decides: some servers call their JSON a page.</summary>
    public bool IsPage => Body.AsSpan().TrimStart() is { Length: > 0 } text
        && (text[0] == '<' || (text[0] is not ('{' or '[') && ContentType?.Contains("html", StringComparison.OrdinalIgnoreCase) == true));
}

/// <summary>A request got no whole reply: refused or broken connection, time-out, half a body.</summary>
/// <param name="message">What happened, without secrets.</param>
/// <param name="sent">Whether the request may have reached the endpoint.</param>
/// <param name="final">Whether time alone does not change it.</param>
internal sealed class ChatConnectionException(string message, bool sent, bool final = false) : Exception(message)
{
    public bool Sent { get; } = sent;

    public bool Final { get; } = final;

    /// <summary>What the model had said when the connection broke, so that its tokens can be counted; known secrets may be in it.</summary>
    public string Partial { get; init; } = "";
}

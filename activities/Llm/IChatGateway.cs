using Spark.Temporal.Activities.Llm.Signs;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Sends one chat completion request, once, and hands back what came.</summary>
internal interface IChatGateway
{
    /// <summary>Posts a body to <c>{base}/chat/completions</c>. Any HTTP status is a reply, not an exception.</summary>
    /// <exception cref="ChatConnectionException">No whole reply came.</exception>
    Task<ChatHttpReply> SendAsync(ChatHttpRequest request, CancellationToken cancellationToken);
}

/// <param name="BaseUrl">Where <c>/chat/completions</c> is found.</param>
/// <param name="KeyVariable">Environment variable with the key.</param>
/// <param name="Timeout">How long the whole reply may take.</param>
/// <param name="Body">The body, JSON in UTF-8.</param>
/// <param name="Headers">Headers beside those of the protocol.</param>
internal sealed record ChatHttpRequest(
    Uri BaseUrl, string KeyVariable, TimeSpan Timeout, BinaryData Body, IReadOnlyDictionary<string, string> Headers);

/// <param name="Status">HTTP status.</param>
/// <param name="Body">The whole body as text.</param>
/// <param name="RetryAfter">The provider's Retry-After, as it was sent.</param>
/// <param name="RetryAfterMs">The same in milliseconds, a header that some providers send beside it.</param>
/// <param name="ContentType">The body's type, as it was sent.</param>
/// <param name="Location">Where a redirect points to, as it was sent.</param>
internal sealed record ChatHttpReply(
    int Status, string Body, string? RetryAfter = null, string? RetryAfterMs = null, string? ContentType = null, string? Location = null)
{
    /// <summary>Headers that say how much is left and when to come back (<see cref="RetryHints.IsRead"/>).</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

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
}

using System.Net.ServerSentEvents;
using System.Text;
using Spark.Temporal.Activities.Llm.Apis;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// Reads what came, one body or a stream. The content's type and its first character decide which it is, not what was asked for: servers
/// answer streams with whole bodies and errors, and call a stream what is none.
/// </summary>
internal sealed class ReplyBody(ChatHttpRequest request, ReplyWatch watch)
{
    private IStreamAssembler? _stream;

    /// <summary>What the model said so far.</summary>
    public string Partial => _stream is null ? "" : Lenient.WellFormed(_stream.Partial);

    /// <exception cref="ChatConnectionException">A stream ended without its closing event.</exception>
    public async Task<ChatHttpReply> ReadAsync(int status, Dictionary<string, string> headers, Stream body)
    {
        await using var content = new WatchedStream(body, watch);
        var start = await content.StartAsync();
        var type = headers.GetValueOrDefault("Content-Type");
        var reply = new ChatHttpReply(
            status, "", headers.GetValueOrDefault("Retry-After"), headers.GetValueOrDefault("retry-after-ms"), type, headers.GetValueOrDefault("Location")) { Headers = headers };
        var events = start is not ('{' or '[' or '<')
            && (type?.Contains("event-stream", StringComparison.OrdinalIgnoreCase) == true || content.LooksLikeEvents);
        if (events)
        {
            _stream = request.Api.Assemble();
            content.Events = _stream;
            var raw = status is >= 200 and < 300 ? null : new StringBuilder();
            await ReadEventsAsync(content, _stream, raw);
            return reply with { Body = raw?.ToString() ?? _stream.Body(), Streamed = true, Partial = Partial };
        }

        watch.IsWhole();
        using var reader = new StreamReader(content, Encoding.UTF8);
        return reply with { Body = Lenient.Mended(await reader.ReadToEndAsync(watch.Token)) };
    }

    private async Task ReadEventsAsync(WatchedStream content, IStreamAssembler stream, StringBuilder? raw)
    {
        try
        {
            await foreach (var item in SseParser.Create(content).EnumerateAsync(watch.Token))
            {
                raw?.Append(item.Data);
                stream.Add(item.EventType, item.Data);
                if (stream.IsEnded)
                {
                    return;
                }
            }
        }
        catch (Exception broken) when (stream.MayEnd && (broken is IOException or HttpRequestException || watch.IsOver))
        {
            // All that counts has come; some servers leave the connection open.
        }

        if (!stream.MayEnd && raw is null)
        {
            throw new ChatConnectionException(
                $"The stream from {request.BaseUrl} ended without its closing event, after {stream.Partial.Length} characters.", sent: true) { Partial = Partial };
        }
    }
}

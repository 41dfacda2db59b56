using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>Passes one request on and its reply back, and counts what it cost or says that no model answered.</summary>
internal sealed class ProxyExchange(HttpClient http, LlmOptions llm, RunToken token, ProxyTarget target, ProxyRoute route)
{
    private const int WordBytes = 64 * 1024;

    /// <param name="context">The agent's request.</param>
    /// <param name="body">Its body; null for none.</param>
    /// <param name="account">The run's account.</param>
    /// <param name="id">What was set aside for the call; null for one that costs nothing.</param>
    /// <param name="limit">Ends it.</param>
    public async Task PassAsync(HttpContext context, ProxyBody? body, RunAccount account, string? id, CancellationTokenSource limit)
    {
        limit.CancelAfter(TimeSpan.FromSeconds(target.TimeoutSec));
        var mask = new KeyMask(target.Secrets);
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target.AddressOf(route));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body.Bytes());
        }

        ProxyHeaders.Fill(request, context.Request, token, target);
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (Exception broken) when (broken is HttpRequestException or OperationCanceledException)
        {
            await SilentAsync(context, account, id, body, mask, broken as HttpRequestException);
            return;
        }

        using (response)
        {
            if ((int)response.StatusCode is >= 300 and < 400)
            {
                Failed(account, id, response.StatusCode, "the endpoint sends its callers elsewhere, which is not followed");
                await ProxyRequests.RefuseAsync(context, HttpStatusCode.BadGateway, "The model's endpoint answers with a redirect, which is not followed.");
                return;
            }

            await AnswerAsync(context, response, account, id, body, mask, limit.Token);
        }
    }

    /// <summary>Nothing came back. Where the agent or the run gave up, the endpoint may have worked for it all the same.</summary>
    private async Task SilentAsync(HttpContext context, RunAccount account, string? id, ProxyBody? body, KeyMask mask, HttpRequestException? broken)
    {
        if (broken is null && (context.RequestAborted.IsCancellationRequested || account.Closed))
        {
            if (id is not null && body is not null)
            {
                account.Count(id, Priced(new TokenUsage(body.PromptTokens, 0) { Unpriced = true, Estimated = true }, null));
            }

            context.Abort();
            return;
        }

        var words = mask.Text(broken?.Message ?? $"no reply within {target.TimeoutSec:0.##} s");
        Failed(account, id, 0, words);
        await ProxyRequests.RefuseAsync(context, HttpStatusCode.BadGateway, $"The model's endpoint does not answer: {words}");
    }

    private async Task AnswerAsync(
        HttpContext context, HttpResponseMessage response, RunAccount account, string? id, ProxyBody? body, KeyMask mask, CancellationToken cancellationToken)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        ProxyHeaders.Return(response, context.Response, mask);
        var reader = new UsageReader(response.Content.Headers.ContentType?.MediaType == "text/event-stream");
        using var words = new MemoryStream();
        var whole = false;
        try
        {
            await using var stream = Plain(await response.Content.ReadAsStreamAsync(cancellationToken), response);
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                reader.Take(buffer.AsSpan(0, read));
                words.Write(buffer, 0, (int)Math.Min(read, Math.Max(0, WordBytes - words.Length)));
                await context.Response.Body.WriteAsync(mask.Take(buffer.AsSpan(0, read)), cancellationToken);
                await context.Response.Body.FlushAsync(cancellationToken);
            }

            await context.Response.Body.WriteAsync(mask.Finish(), cancellationToken);
            whole = true;
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or OperationCanceledException or InvalidDataException)
        {
            // Either side broke off: the agent gets half a reply, and its cost so far is counted below.
            context.Abort();
        }

        if (id is null || body is null)
        {
            return;
        }

        var said = mask.Text(PlainText.OneLine(Encoding.UTF8.GetString(words.GetBuffer().AsSpan(0, (int)words.Length)), 300));
        var stated = reader.Finish();
        if (!response.IsSuccessStatusCode)
        {
            Failed(account, id, response.StatusCode, said);
        }
        else if (reader.Error is { } error && reader.SeenTokens == 0 && (stated is null || stated.CompletionTokens == 0))
        {
            // A success that consists of an error: overload is told so after the stream has begun.
            Failed(account, id, response.StatusCode, mask.Text(PlainText.OneLine(error, 300)));
        }
        else
        {
            account.Count(id, Priced(stated is not null && whole && reader.Ended ? stated : reader.Estimate(body.PromptTokens), reader.Model));
        }
    }

    private TokenUsage Priced(TokenUsage usage, string? answered) => ProxyPrices.Of(usage, llm, target, answered);

    private static void Failed(RunAccount account, string? id, HttpStatusCode status, string words)
    {
        if (id is not null)
        {
            account.Fail(id, (int)status, words, DateTimeOffset.UtcNow);
        }
    }

    /// <summary>The reply as it was before an endpoint compressed it, though it was asked not to.</summary>
    private static Stream Plain(Stream stream, HttpResponseMessage response) => response.Content.Headers.ContentEncoding.LastOrDefault()?.ToLowerInvariant() switch
    {
        "gzip" => new GZipStream(stream, CompressionMode.Decompress),
        "br" => new BrotliStream(stream, CompressionMode.Decompress),
        "deflate" => new ZLibStream(stream, CompressionMode.Decompress),
        _ => stream,
    };
}

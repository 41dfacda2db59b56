using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>One request of an agent: judged by its token, passed on with the real key, counted.</summary>
internal sealed class ProxyRequests(ProxyState state, LlmOptions llm, ProxyOptions agents) : IDisposable
{
    private static readonly HashSet<string> NotPassedOn = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Content-Length", "TE", "Trailer", "Upgrade", "Expect",
        "Authorization", "X-Api-Key", "X-Goog-Api-Key", "Api-Key", "Cookie",
        // Compressed replies could not be counted.
        "Accept-Encoding",
    };

    private static readonly string[] KeyHeaders = ["x-api-key", "x-goog-api-key", "api-key"];

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        // A redirect would send the key somewhere the settings do not name.
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    public void Dispose() => _http.Dispose();

    public async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        var token = RunToken.Read(TokenOf(context.Request), state.Secret);
        if (token is null)
        {
            await RefuseAsync(context, HttpStatusCode.Unauthorized, "This proxy knows no such token.");
            return;
        }

        var account = state.Accounts.Of(token.Account);
        if (account.Closed || DateTimeOffset.UtcNow.ToUnixTimeSeconds() > token.Expires)
        {
            await RefuseAsync(context, HttpStatusCode.Unauthorized, "The run of this token has ended.");
            return;
        }

        if ((account.Limit ?? new SpendingLimit(token.BudgetUsd, token.BudgetTokens)).Reached(account.Usage) is { } used)
        {
            account.Refuse();
            await RefuseAsync(context, HttpStatusCode.Forbidden, $"The attempt's budget is used up: {used}.");
            return;
        }

        var prefix = token.Api switch { "anthropic" => "/anthropic/", "gemini" => "/gemini/", _ => "/openai/v1/" };
        if (!path.StartsWith(prefix, StringComparison.Ordinal) || path.Contains("..", StringComparison.Ordinal))
        {
            await RefuseAsync(context, HttpStatusCode.NotFound, $"This token is for addresses below {prefix}.");
            return;
        }

        await ForwardAsync(context, token, account, path[(prefix.Length - 1)..]);
    }

    private async Task ForwardAsync(HttpContext context, RunToken token, RunAccount account, string path)
    {
        ProxyTarget target;
        try
        {
            target = ProxyTarget.Resolve(Enum.Parse<AgentApi>(token.Api, ignoreCase: true), token.Model, null, llm, agents);
        }
        catch (ApplicationFailureException wrong)
        {
            await RefuseAsync(context, HttpStatusCode.BadGateway, wrong.Message);
            return;
        }

        var (body, asked) = await BodyAsync(context.Request, path, context.RequestAborted);
        using var request = Request(context.Request, token, target, path, body);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(TimeSpan.FromSeconds(target.TimeoutSec));
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (Exception broken) when (broken is HttpRequestException || (broken is OperationCanceledException && !context.RequestAborted.IsCancellationRequested))
        {
            await RefuseAsync(context, HttpStatusCode.BadGateway, $"The model's endpoint does not answer: {(broken is HttpRequestException ? broken.Message : "no reply in time")}");
            return;
        }

        using (response)
        {
            await AnswerAsync(context, response, account, token.Model.Name ?? asked, asked, limit.Token);
        }
    }

    private async Task AnswerAsync(HttpContext context, HttpResponseMessage response, RunAccount account, string? model, string? asked, CancellationToken cancellationToken)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers).Where(header => !NotPassedOn.Contains(header.Key) && header.Key != "Set-Cookie"))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        var reader = new UsageReader(response.Content.Headers.ContentType?.MediaType == "text/event-stream");
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                reader.Take(buffer.AsSpan(0, read));
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                await context.Response.Body.FlushAsync(cancellationToken);
            }
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or OperationCanceledException)
        {
            // Either side broke off: the agent gets half a reply, and its cost so far is counted below.
            context.Abort();
        }

        var usage = reader.Finish();
        if (response.IsSuccessStatusCode && (usage is not null || HttpMethods.IsPost(context.Request.Method)))
        {
            // The price of the model that answered, if it has one: an agent may ask for smaller models than its run's.
            var host = response.RequestMessage?.RequestUri?.Host;
            account.Count(usage is null ? null : PriceTable.Priced(usage, llm, asked ?? model ?? "", reader.Model ?? model, host, DateTimeOffset.UtcNow));
        }
    }

    private static HttpRequestMessage Request(HttpRequest from, RunToken token, ProxyTarget target, string path, byte[]? body)
    {
        var query = string.Join('&', (from.QueryString.Value ?? "").TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Where(pair => !pair.StartsWith("key=", StringComparison.OrdinalIgnoreCase)));
        var request = new HttpRequestMessage(new HttpMethod(from.Method), $"{target.BaseUrl.AbsoluteUri.TrimEnd('/')}{path}{(query.Length > 0 ? "?" : "")}{query}");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
        }

        foreach (var (name, values) in from.Headers.Where(header => !NotPassedOn.Contains(header.Key) && !header.Key.StartsWith("X-Spark-", StringComparison.OrdinalIgnoreCase)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        if (target.Key is { } key)
        {
            var (header, value) = token.Api switch { "anthropic" => ("x-api-key", key), "gemini" => ("x-goog-api-key", key), _ => ("Authorization", $"Bearer {key}") };
            request.Headers.TryAddWithoutValidation(header, value);
        }

        request.Headers.TryAddWithoutValidation("X-Spark-Purpose", LlmPurposes.Agent);
        request.Headers.TryAddWithoutValidation("X-Spark-Run", ModelCall.HeaderText(token.Run));
        request.Headers.TryAddWithoutValidation("X-Spark-Task", ModelCall.HeaderText(token.Task));
        return request;
    }

    /// <summary>The body, and the model that it names. A stream of chat completions is asked to state its usage.</summary>
    private static async Task<(byte[]? Body, string? Model)> BodyAsync(HttpRequest request, string path, CancellationToken cancellationToken)
    {
        if (request.ContentLength is null or 0 && !request.Headers.ContainsKey("Transfer-Encoding"))
        {
            return (null, null);
        }

        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, cancellationToken);
        try
        {
            if (JsonNode.Parse(buffer.ToArray()) is not JsonObject body)
            {
                return (buffer.ToArray(), null);
            }

            var model = body["model"] is JsonValue named && named.TryGetValue<string>(out var name) ? name : null;
            if (path.EndsWith("/chat/completions", StringComparison.Ordinal) && body["stream"] is JsonValue streams && streams.TryGetValue<bool>(out var on) && on)
            {
                body["stream_options"] ??= new JsonObject();
                body["stream_options"]!["include_usage"] = true;
                return (JsonSerializer.SerializeToUtf8Bytes(body), model);
            }

            return (buffer.ToArray(), model);
        }
        catch (Exception foreign) when (foreign is JsonException or InvalidOperationException)
        {
            return (buffer.ToArray(), null);
        }
    }

    private static string? TokenOf(HttpRequest request)
    {
        var bearer = request.Headers.Authorization.ToString();
        return bearer.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? bearer[7..].Trim()
            : KeyHeaders.Select(name => request.Headers[name].ToString()).FirstOrDefault(value => value.Length > 0)
            ?? request.Query["key"].FirstOrDefault();
    }

    /// <summary>An error in the shape that all three protocols' clients read.</summary>
    private static async Task RefuseAsync(HttpContext context, HttpStatusCode status, string message)
    {
        context.Response.StatusCode = (int)status;
        context.Response.ContentType = "application/json";
        var error = new { type = "error", error = new { type = "spark_proxy", code = (int)status, status = status.ToString(), message } };
        await context.Response.WriteAsync(JsonSerializer.Serialize(error), context.RequestAborted);
    }
}

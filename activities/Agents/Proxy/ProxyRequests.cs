using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Texts;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>One request of an agent: judged by its token and what it asks for, passed on with the real key, counted.</summary>
internal sealed class ProxyRequests(ProxyState state, LlmOptions llm, ProxyOptions agents, ContainerAddresses addresses) : IDisposable
{
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
        var token = RunToken.Read(ProxyHeaders.TokenOf(context.Request), state.Secret);
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

        if (token.Container is { } container && !agents.ProxyAnyAddress && await StrangerAsync(context, container) is { } stranger)
        {
            await RefuseAsync(context, HttpStatusCode.Unauthorized, stranger);
            return;
        }

        var api = Enum.Parse<AgentApi>(token.Api, ignoreCase: true);
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        if (ProxyRoute.Of(api, context.Request.Method, target) is not { } route)
        {
            await RefuseAsync(context, HttpStatusCode.NotFound, $"This token is for {ProxyRoute.Allowed(api)}, and for nothing else.");
            return;
        }

        await PrepareAsync(context, token, account, api, route);
    }

    private async Task PrepareAsync(HttpContext context, RunToken token, RunAccount account, AgentApi api, ProxyRoute route)
    {
        ProxyTarget target;
        ProxyBody? body = null;
        try
        {
            target = ProxyTarget.Resolve(api, token.Model, null, llm, agents);
            if (route.Call != ProxyCall.Models)
            {
                body = ProxyBody.Read(await BodyAsync(context.Request), route, target);
            }
        }
        catch (ApplicationFailureException wrong)
        {
            await RefuseAsync(context, HttpStatusCode.BadGateway, wrong.Message);
            return;
        }
        catch (FormatException wrong)
        {
            await RefuseAsync(context, HttpStatusCode.BadRequest, wrong.Message);
            return;
        }

        if (route.Call != ProxyCall.Reply || body is null)
        {
            using var free = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, account.Ended);
            await new ProxyExchange(_http, llm, token, target, route).PassAsync(context, body, account, null, free);
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, account.Ended);
        var (id, refusal) = await account.EnterAsync(
            new SpendingLimit(token.BudgetUsd, token.BudgetTokens),
            (prompt, completion) => ProxyPrices.Of(new(prompt, completion) { Unpriced = true }, llm, target, null),
            body,
            limit.Token);
        if (id is null)
        {
            account.Refuse();
            await RefuseAsync(context, HttpStatusCode.Forbidden, $"The attempt's budget is used up: {refusal}.");
            return;
        }

        account.Skills?.Look(body.Bytes());
        await new ProxyExchange(_http, llm, token, target, route).PassAsync(context, body, account, id, limit);
    }

    /// <summary>Why a request is not taken for one of the token's container; null where it is.</summary>
    private async Task<string?> StrangerAsync(HttpContext context, string container)
    {
        try
        {
            return await addresses.HasAsync(container, context.Connection.RemoteIpAddress, context.RequestAborted)
                ? null
                : $"This token is good from its own container alone, and this request comes from {context.Connection.RemoteIpAddress}. "
                    + $"Where the engine hides its containers' addresses from this host, set {ProxyOptions.Section}:{nameof(ProxyOptions.ProxyAnyAddress)}.";
        }
        catch (Exception away) when (away is not OperationCanceledException)
        {
            return $"Whether this request comes from the token's container is not known: {PlainText.OneLine(away.Message)}";
        }
    }

    private static async Task<byte[]> BodyAsync(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity")
        {
            throw new FormatException("The request's body is compressed; send it as it is.");
        }

        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, request.HttpContext.RequestAborted);
        return buffer.ToArray();
    }

    /// <summary>An error in the shape that all three protocols' clients read.</summary>
    public static async Task RefuseAsync(HttpContext context, HttpStatusCode status, string message)
    {
        context.Response.StatusCode = (int)status;
        context.Response.ContentType = "application/json";
        var error = new { type = "error", error = new { type = "spark_proxy", code = (int)status, status = status.ToString(), message } };
        await context.Response.WriteAsync(JsonSerializer.Serialize(error), context.RequestAborted);
    }
}

using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>Which headers pass. Gateways can be told by headers where to send a request, so only those pass that agents need.</summary>
internal static class ProxyHeaders
{
    private static readonly HashSet<string> Sent = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", "Accept-Language", "Content-Type", "User-Agent", "Idempotency-Key", "Originator", "Session_id", "Conversation_id", "X-App", "X-Title", "HTTP-Referer",
        "X-Client-Request-Id", "OpenAI-Beta", "X-Goog-Api-Client",
    };

    private static readonly string[] SentFamilies = ["Anthropic-", "X-Stainless-", "X-Codex-"];

    /// <summary>What is about the connection, or about people.</summary>
    private static readonly HashSet<string> NotReturned = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Content-Length", "Content-Encoding", "Trailer", "Upgrade", "Set-Cookie", "Location", "Alt-Svc",
    };

    private static readonly string[] KeyHeaders = ["x-api-key", "x-goog-api-key", "api-key"];

    /// <summary>The token, wherever clients put keys.</summary>
    public static string? TokenOf(HttpRequest request)
    {
        var bearer = request.Headers.Authorization.ToString();
        return bearer.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? bearer[7..].Trim()
            : KeyHeaders.Select(name => request.Headers[name].ToString()).FirstOrDefault(value => value.Length > 0)
            ?? request.Query["key"].FirstOrDefault();
    }

    public static void Fill(HttpRequestMessage request, HttpRequest from, RunToken token, ProxyTarget target)
    {
        foreach (var (name, values) in from.Headers.Where(header => Passes(header.Key) && !target.Headers.ContainsKey(header.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        if (target.Key is { } key)
        {
            request.Headers.Remove(target.KeyHeader);
            request.Headers.TryAddWithoutValidation(target.KeyHeader, $"{target.KeyPrefix}{key}");
        }

        foreach (var (name, value) in target.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, ProxyTarget.Filled(value));
        }

        // What is compressed could be neither counted nor masked.
        request.Headers.AcceptEncoding.Clear();
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        request.Headers.TryAddWithoutValidation("X-Spark-Purpose", LlmPurposes.Agent);
        request.Headers.TryAddWithoutValidation("X-Spark-Run", ModelCall.HeaderText(token.Run));
        request.Headers.TryAddWithoutValidation("X-Spark-Task", ModelCall.HeaderText(token.Task));
    }

    public static void Return(HttpResponseMessage from, HttpResponse response, KeyMask mask)
    {
        foreach (var (name, values) in from.Headers.Concat(from.Content.Headers).Where(header => !NotReturned.Contains(header.Key)))
        {
            response.Headers[name] = values.Select(mask.Text).ToArray();
        }
    }

    private static bool Passes(string name) => Sent.Contains(name) || SentFamilies.Any(family => name.StartsWith(family, StringComparison.OrdinalIgnoreCase));
}

using System.Text.RegularExpressions;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>What a request of an agent asks for.</summary>
internal enum ProxyCall
{
    /// <summary>A reply of the model: it costs.</summary>
    Reply,

    /// <summary>How many tokens a request has: it costs nothing.</summary>
    Count,

    /// <summary>Which models there are.</summary>
    Models,
}

/// <summary>How a model's reply is asked for.</summary>
internal enum ProxyBodyKind
{
    Chat,
    Responses,
    Messages,
    Gemini,
}

/// <summary>
/// One of the few requests that the proxy passes on. The address that goes upstream is made of our own words and the run's model, never of
/// what the agent wrote: there is nothing in it by which to leave the endpoint's base address.
/// </summary>
/// <param name="Call">What it asks for.</param>
/// <param name="Kind">Form of its body.</param>
/// <param name="Path">Path below the endpoint's base address; <c>{model}</c> stands for the run's model.</param>
/// <param name="Query">What the agent may say in the query, without the mark before it.</param>
/// <param name="Model">Model that the path names; null where the body does.</param>
internal sealed partial record ProxyRoute(ProxyCall Call, ProxyBodyKind Kind, string Path, string Query = "", string? Model = null)
{
    private static readonly Dictionary<(AgentApi Api, string Method, string Path), ProxyRoute> Fixed = new()
    {
        [(AgentApi.Openai, "POST", "/openai/v1/chat/completions")] = new(ProxyCall.Reply, ProxyBodyKind.Chat, "chat/completions"),
        [(AgentApi.Openai, "POST", "/openai/v1/responses")] = new(ProxyCall.Reply, ProxyBodyKind.Responses, "responses"),
        [(AgentApi.Openai, "GET", "/openai/v1/models")] = new(ProxyCall.Models, ProxyBodyKind.Chat, "models"),
        [(AgentApi.Anthropic, "POST", "/anthropic/v1/messages")] = new(ProxyCall.Reply, ProxyBodyKind.Messages, "v1/messages"),
        [(AgentApi.Anthropic, "POST", "/anthropic/v1/messages/count_tokens")] = new(ProxyCall.Count, ProxyBodyKind.Messages, "v1/messages/count_tokens"),
    };

    /// <summary>What the proxy passes on for agents of an API, in words.</summary>
    public static string Allowed(AgentApi api) => api switch
    {
        AgentApi.Anthropic => "POST /anthropic/v1/messages and /anthropic/v1/messages/count_tokens",
        AgentApi.Gemini => "POST /gemini/v1beta/models/MODEL:generateContent, :streamGenerateContent and :countTokens",
        _ => "POST /openai/v1/chat/completions and /openai/v1/responses, GET /openai/v1/models",
    };

    /// <summary>The route of a request; null where the proxy does not pass it on.</summary>
    /// <param name="api">What the token's agent speaks.</param>
    /// <param name="method">The request's method.</param>
    /// <param name="target">Path and query exactly as they came: nothing in them is decoded.</param>
    public static ProxyRoute? Of(AgentApi api, string method, string target)
    {
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = mark < 0 ? (target, "") : (target[..mark], target[(mark + 1)..]);
        var found = Fixed.GetValueOrDefault((api, method, path)) ?? (api == AgentApi.Gemini && method == "POST" ? OfGemini(path) : null);
        return found is null ? null : found with { Query = Said(query) };
    }

    private static ProxyRoute? OfGemini(string path) => GeminiPath().Match(path) is { Success: true } match
        ? new ProxyRoute(
            match.Groups["verb"].Value == "countTokens" ? ProxyCall.Count : ProxyCall.Reply,
            ProxyBodyKind.Gemini,
            $"{match.Groups["version"].Value}/models/{{model}}:{match.Groups["verb"].Value}",
            Model: match.Groups["model"].Value)
        : null;

    /// <summary>The parts of a query that say something about the reply's form.</summary>
    private static string Said(string query) => string.Join('&', query.Split('&').Where(pair => QueryPair().IsMatch(pair)));

    [GeneratedRegex("^/gemini/(?<version>v1|v1beta)/models/(?<model>[A-Za-z0-9._-]+):(?<verb>generateContent|streamGenerateContent|countTokens)$", RegexOptions.CultureInvariant)]
    private static partial Regex GeminiPath();

    [GeneratedRegex("^(beta|alt|client_version)=[A-Za-z0-9._-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex QueryPair();
}

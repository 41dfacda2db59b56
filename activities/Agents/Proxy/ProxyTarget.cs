using System.Text.RegularExpressions;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>Where an agent's requests go, and the name of its model.</summary>
/// <param name="BaseUrl">The endpoint.</param>
/// <param name="KeyVariable">Name of the variable with the key.</param>
/// <param name="Model">Name of the model the agent is to ask for.</param>
/// <param name="TimeoutSec">How long a reply may take.</param>
internal sealed partial record ProxyTarget(Uri BaseUrl, string KeyVariable, string Model, double TimeoutSec)
{
    /// <summary>Header that carries the key.</summary>
    public string KeyHeader { get; init; } = "Authorization";

    /// <summary>What stands before the key in its header.</summary>
    public string KeyPrefix { get; init; } = "Bearer ";

    /// <summary>More headers of each request, as the settings write them.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Query parameters of each request.</summary>
    public IReadOnlyDictionary<string, string> Query { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the base address holds the API's version already, so that paths go on behind it.</summary>
    public bool Versioned { get; init; }

    /// <summary>Field that limits a chat completion, where the request has none.</summary>
    public MaxTokensField MaxTokensField { get; init; }

    /// <summary>The key, null where none is set.</summary>
    public string? Key => Environment.GetEnvironmentVariable(KeyVariable)?.Trim() is { Length: > 0 } key ? key : null;

    /// <summary>The key, and the values of variables that the headers name: what must not come back to an agent.</summary>
    public IReadOnlyList<string> Secrets => [.. Headers.Values.Concat(Query.Values)
        .SelectMany(value => Variable().Matches(value)).Select(match => Environment.GetEnvironmentVariable(match.Groups[1].Value)?.Trim())
        .Append(Key).OfType<string>().Where(value => value.Length > 0).Distinct()];

    /// <summary>The whole address of a request.</summary>
    public Uri AddressOf(ProxyRoute route)
    {
        var path = Versioned && route.Path.StartsWith("v1/", StringComparison.Ordinal) ? route.Path["v1/".Length..] : route.Path;
        path = path.Replace("{model}", Uri.EscapeDataString(Model), StringComparison.Ordinal);
        var own = Query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(Filled(pair.Value))}");
        var said = route.Query.Split('&', StringSplitOptions.RemoveEmptyEntries).Where(pair => !Query.ContainsKey(pair.Split('=')[0]));
        var query = string.Join('&', said.Concat(own));
        return new Uri($"{BaseUrl.AbsoluteUri.TrimEnd('/')}/{path}{(query.Length > 0 ? "?" : "")}{query}");
    }

    /// <summary>A setting's text with the variables that it names.</summary>
    public static string Filled(string value) => Variable().Replace(value, match => Environment.GetEnvironmentVariable(match.Groups[1].Value)?.Trim() ?? "");

    /// <exception cref="ApplicationFailureException">The settings do not allow it; names the remedy.</exception>
    public static ProxyTarget Resolve(AgentApi api, ModelChoice choice, string? defaultModel, LlmOptions llm, ProxyOptions agents)
    {
        var profile = llm.Profiles.GetValueOrDefault(choice.Profile);
        if (api == AgentApi.Openai || (api == AgentApi.Anthropic && profile?.Api == ModelApi.Messages))
        {
            var endpoint = ModelEndpoint.Resolve(choice with { Name = choice.Name ?? defaultModel }, llm);
            return OfProfile(endpoint, api);
        }

        var (name, other) = api == AgentApi.Anthropic ? ("Anthropic", agents.Anthropic) : ("Gemini", agents.Gemini);
        if (choice.ApiBase is not null)
        {
            throw Invalid($"--api-base does not reach an agent that speaks {name}'s protocol; set {ProxyOptions.Section}:{name}:BaseUrl in the worker's settings.");
        }

        var model = choice.Name ?? defaultModel ?? throw Invalid("No model is named: give --model.");
        return Uri.TryCreate(other.BaseUrl, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? new ProxyTarget(new Uri(address.AbsoluteUri.TrimEnd('/')), other.KeyVariable, model, 600)
            {
                KeyHeader = other.KeyHeader ?? (api == AgentApi.Anthropic ? "x-api-key" : "x-goog-api-key"),
                KeyPrefix = other.KeyPrefix ?? "",
                Headers = other.Headers,
                Query = other.Query,
            }
            : throw Invalid($"{ProxyOptions.Section}:{name}:BaseUrl '{other.BaseUrl}' is not an http or https address.");
    }

    private static ProxyTarget OfProfile(ModelEndpoint endpoint, AgentApi api)
    {
        var profile = endpoint.Profile;

        // A profile of Messages whose key settings are the usual ones means Anthropic's usual header.
        var usual = api == AgentApi.Anthropic && profile is { KeyHeader: "Authorization", KeyPrefix: "Bearer " };
        return new ProxyTarget(endpoint.BaseUrl, profile.KeyVariable, endpoint.Model, profile.RequestTimeoutSec)
        {
            KeyHeader = usual ? "x-api-key" : profile.KeyHeader,
            KeyPrefix = usual ? "" : profile.KeyPrefix,
            Headers = profile.Headers,
            Query = profile.Query,
            Versioned = api == AgentApi.Anthropic,
            MaxTokensField = profile.MaxTokensField,
        };
    }

    [GeneratedRegex(@"\{env:([A-Za-z_][A-Za-z0-9_]*)\}")]
    private static partial Regex Variable();

    private static ApplicationFailureException Invalid(string message) => new(message, FailureTypes.InvalidInput, nonRetryable: true);
}

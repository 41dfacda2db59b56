using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>Where an agent's requests go, and the name of its model.</summary>
/// <param name="BaseUrl">The endpoint.</param>
/// <param name="KeyVariable">Name of the variable with the key.</param>
/// <param name="Model">Name of the model the agent is to ask for.</param>
/// <param name="TimeoutSec">How long a reply may take.</param>
internal sealed record ProxyTarget(Uri BaseUrl, string KeyVariable, string Model, double TimeoutSec)
{
    /// <summary>The key, null where none is set.</summary>
    public string? Key => Environment.GetEnvironmentVariable(KeyVariable)?.Trim() is { Length: > 0 } key ? key : null;

    /// <exception cref="ApplicationFailureException">The settings do not allow it; names the remedy.</exception>
    public static ProxyTarget Resolve(AgentApi api, ModelChoice choice, string? defaultModel, LlmOptions llm, ProxyOptions agents)
    {
        if (api == AgentApi.Openai)
        {
            var endpoint = ModelEndpoint.Resolve(choice with { Name = choice.Name ?? defaultModel }, llm);
            return new ProxyTarget(endpoint.BaseUrl, endpoint.Profile.KeyVariable, endpoint.Model, endpoint.Profile.RequestTimeoutSec);
        }

        var (name, other) = api == AgentApi.Anthropic ? ("Anthropic", agents.Anthropic) : ("Gemini", agents.Gemini);
        if (choice.ApiBase is not null)
        {
            throw Invalid($"--api-base does not reach an agent that speaks {name}'s protocol; set {ProxyOptions.Section}:{name}:BaseUrl in the worker's settings.");
        }

        var model = choice.Name ?? defaultModel ?? throw Invalid("No model is named: give --model.");
        return Uri.TryCreate(other.BaseUrl, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? new ProxyTarget(new Uri(address.AbsoluteUri.TrimEnd('/')), other.KeyVariable, model, 600)
            : throw Invalid($"{ProxyOptions.Section}:{name}:BaseUrl '{other.BaseUrl}' is not an http or https address.");
    }

    private static ApplicationFailureException Invalid(string message) => new(message, FailureTypes.InvalidInput, nonRetryable: true);
}

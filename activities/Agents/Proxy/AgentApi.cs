namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>Which protocol an agent speaks to its model, and the proxy passes on.</summary>
internal enum AgentApi
{
    /// <summary>Asks no model, or is not to be given one.</summary>
    None,
    Openai,
    Anthropic,
    Gemini,
}

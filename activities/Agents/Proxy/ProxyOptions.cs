namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>Settings of the proxy between agents and their models (section <c>Agents</c>).</summary>
public sealed class ProxyOptions
{
    public const string Section = "Agents";

    /// <summary>Address of this host as containers reach it; null for the gateway of the engine's bridge network.</summary>
    public string? ProxyAddress { get; set; }

    /// <summary>Address that the proxy listens on; null for <see cref="ProxyAddress"/>.</summary>
    public string? ProxyBind { get; set; }

    /// <summary>Port of the proxy; 0 for one that is chosen once and kept in the state folder.</summary>
    public int ProxyPort { get; set; }

    /// <summary>
    /// Accept a run's token from any address. Off, it is good from its own container alone; an engine that hides its containers' addresses
    /// from this host (rootless, in a virtual machine) needs it on.
    /// </summary>
    public bool ProxyAnyAddress { get; set; }

    /// <summary>Where agents that speak Anthropic's protocol are passed on to.</summary>
    public AgentEndpoint Anthropic { get; set; } = new() { BaseUrl = "https://api.anthropic.com", KeyVariable = "ANTHROPIC_API_KEY" };

    /// <summary>Where agents that speak Gemini's protocol are passed on to.</summary>
    public AgentEndpoint Gemini { get; set; } = new() { BaseUrl = "https://generativelanguage.googleapis.com", KeyVariable = "GEMINI_API_KEY" };
}

/// <summary>An endpoint and the name of the variable with its key; never the key.</summary>
public sealed class AgentEndpoint
{
    public string BaseUrl { get; set; } = "";

    public string KeyVariable { get; set; } = "";

    /// <summary>Header that carries the key; null for the API's own.</summary>
    public string? KeyHeader { get; set; }

    /// <summary>What stands before the key in its header; null for nothing.</summary>
    public string? KeyPrefix { get; set; }

    /// <summary>More headers of each request; <c>{env:NAME}</c> in a value stands for an environment variable.</summary>
    public Dictionary<string, string> Headers { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Query parameters of each request.</summary>
    public Dictionary<string, string> Query { get; init; } = new(StringComparer.Ordinal);
}

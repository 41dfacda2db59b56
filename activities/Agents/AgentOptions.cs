using Spark.Temporal.Activities.Agents.Proxy;

namespace Spark.Temporal.Activities.Agents;

/// <summary>Settings of installed agents (section <c>Agents</c>, which <see cref="ProxyOptions"/> are read from too).</summary>
public sealed class AgentOptions
{
    public const string Section = ProxyOptions.Section;

    /// <summary>Folder with a user's own descriptions, one YAML file for each agent, chosen as <c>own:NAME</c>; null for none.</summary>
    public string? Folder { get; set; }

    /// <summary>Versions of agents by name, in place of those of their descriptions.</summary>
    public Dictionary<string, string> Versions { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Variables of the installation scripts, for mirrors and proxies (<c>npm_config_registry</c>, <c>PIP_INDEX_URL</c>, <c>HTTPS_PROXY</c>). They
    /// stay in the image's layers: give no secrets.
    /// </summary>
    public Dictionary<string, string> InstallEnv { get; init; } = new(StringComparer.Ordinal);
}

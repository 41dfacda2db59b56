using Spark.Temporal.Activities.Agents.Proxy;

namespace Spark.Temporal.Activities.Agents;

/// <summary>Settings of installed agents (section <c>Agents</c>, which <see cref="ProxyOptions"/> are read from too).</summary>
public sealed class AgentOptions
{
    public const string Section = ProxyOptions.Section;

    /// <summary>Folder with a user's own descriptions, one YAML file for each agent, chosen as <c>own:NAME</c>; null for none.</summary>
    public string? Folder { get; set; }
}

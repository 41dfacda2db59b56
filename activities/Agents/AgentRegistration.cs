using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Spark.Temporal.Activities.Agents.Proxy;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Agents;

/// <summary>Registration of installed agents.</summary>
public static class AgentRegistration
{
    /// <summary>
    /// Adds <see cref="IAgentActivities"/> with its settings from the section <c>Agents</c>. The sandbox, the settings of
    /// model calls and an artifact store must be registered beside it.
    /// </summary>
    public static IServiceCollection AddAgentActivities(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AgentOptions>().Bind(configuration.GetSection(AgentOptions.Section))
            .Validate(options => options.Folder is null or "" || Directory.Exists(options.Folder), $"{AgentOptions.Section}:Folder names a folder that does not exist.")
            .ValidateOnStart();
        services.AddOptions<ProxyOptions>().Bind(configuration.GetSection(ProxyOptions.Section))
            .Validate(options => options.ProxyPort is >= 0 and <= 65535, $"{ProxyOptions.Section}:ProxyPort must be from 0 to 65535.")
            .ValidateOnStart();
        services.TryAddSingleton<AgentCatalogue>();
        services.TryAddSingleton<ModelProxy>();
        services.TryAddSingleton<AgentInstaller>();
        services.TryAddSingleton<SkillTracer>();
        services.TryAddSingleton<AgentEnd>();
        services.TryAddSingleton<AgentReport>();
        services.TryAddSingleton<AgentRunner>();
        services.TryAddSingleton<IAgentImages, AgentImages>();
        services.TryAddSingleton<IAgentActivities, AgentActivities>();
        services.AddHostedService<Resumption<ModelProxy>>();
        return services;
    }
}

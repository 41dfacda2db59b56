using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.TaskPackages;

/// <summary>Registration of reading tasks and making hints.</summary>
public static class TaskPackageRegistration
{
    /// <summary>Adds the activities of <see cref="ITaskPackageActivities"/>. An artifact store must be registered beside them.</summary>
    /// <param name="services">The services.</param>
    /// <param name="dockerEndpoint">Address of the Docker engine; null for <c>DOCKER_HOST</c>, else the local one.</param>
    public static IServiceCollection AddTaskPackageActivities(this IServiceCollection services, string? dockerEndpoint = null)
    {
        services.TryAddSingleton<IPythonRunner>(_ => new DockerPythonRunner(dockerEndpoint));
        services.TryAddSingleton<ITaskPackageActivities, TaskPackageActivities>();
        return services;
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Spark.Temporal.Activities.Artifacts.Replay;
using Spark.Temporal.Activities.Artifacts.Results;
using Spark.Temporal.Activities.Batches;
using Spark.Temporal.Activities.Disks;
using Spark.Temporal.Activities.Evaluation;
using Spark.Temporal.Activities.TaskPackages;
using Spark.Temporal.Activities.TaskPackages.Construction;
using Spark.Temporal.Activities.Versions;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities;

/// <summary>
/// Registration of the activities that share one queue with the workflows: they read and write tasks, artifacts and result
/// folders, and run Python in a helper container. Model calls, sandbox and agents are registered in their own folders.
/// </summary>
public static class ActivityRegistration
{
    /// <summary>
    /// Adds <see cref="IRecordActivities"/>, <see cref="IBatchActivities"/>, <see cref="ITaskPackageActivities"/>,
    /// <see cref="IConstructionActivities"/> and <see cref="IEvaluationActivities"/>, and <see cref="IVersionActivities"/>, which
    /// are called on the same queue, with <see cref="DockerPythonRunner"/> as their <see cref="IPythonRunner"/> unless another is
    /// registered. An artifact store must be registered beside them.
    /// </summary>
    public static IServiceCollection AddFileActivities(this IServiceCollection services)
    {
        services.AddDiskCheck().TryAddSingleton<IPythonRunner>(_ => new DockerPythonRunner());
        services.TryAddSingleton<ITaskPackageActivities, TaskPackageActivities>();
        services.TryAddSingleton<IConstructionActivities, ConstructionActivities>();
        services.TryAddSingleton<IRecordActivities, RecordActivities>();
        services.TryAddSingleton<IEvaluationActivities, EvaluationActivities>();
        services.TryAddSingleton<IBatchActivities, BatchActivities>();
        services.TryAddSingleton<IReplayActivities, ReplayActivities>();
        services.TryAddSingleton<IVersionActivities, VersionActivities>();
        return services;
    }
}

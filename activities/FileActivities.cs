using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Spark.Temporal.Activities.Artifacts.Replay;
using Spark.Temporal.Activities.Artifacts.Results;
using Spark.Temporal.Activities.Batches;
using Spark.Temporal.Activities.Evaluation;
using Spark.Temporal.Activities.TaskPackages;
using Spark.Temporal.Activities.TaskPackages.Construction;
using Spark.Temporal.Activities.Versions;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities;

/// <summary>Registration of the activities that read and write tasks, artifacts and result folders.</summary>
public static class FileActivities
{
    /// <summary>
    /// Adds <see cref="IRecordActivities"/>, <see cref="IBatchActivities"/>, <see cref="ITaskPackageActivities"/>,
    /// <see cref="IConstructionActivities"/> and <see cref="IEvaluationActivities"/>, and <see cref="IVersionActivities"/>, which
    /// are called on the same queue. An artifact store must be registered beside them.
    /// </summary>
    public static IServiceCollection AddFileActivities(this IServiceCollection services)
    {
        services.TryAddSingleton<IPythonRunner>(_ => new DockerPythonRunner());
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

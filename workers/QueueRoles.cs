using System.Reflection;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Workflows;

namespace Spark.Temporal.Workers;

/// <summary>
/// What each kind of task queue serves. This is the only list: the worker registers by it, and so does the deployment of the
/// tests, whose runs stop if a queue lacks an activity that they call.
/// </summary>
internal static class QueueRoles
{
    /// <summary>Every workflow there is.</summary>
    public static IReadOnlyList<Type> Workflows { get; } =
        [.. typeof(ISandboxActivities).Assembly.GetTypes().Where(type => type.GetCustomAttribute<WorkflowAttribute>() is not null)];

    /// <summary>Contracts of the activities beside the workflows, which read and write files and records.</summary>
    public static IReadOnlyList<Type> BesideWorkflows { get; } =
    [
        typeof(ITaskPackageActivities), typeof(IRecordActivities), typeof(IConstructionActivities), typeof(IEvaluationActivities),
        typeof(IBatchActivities), typeof(IReplayActivities), typeof(IVersionActivities),
    ];

    /// <summary>Contracts served for each profile of a model.</summary>
    public static IReadOnlyList<Type> Llm { get; } = [typeof(ILlmActivities)];

    /// <summary>Contracts that any host with an engine serves: images and agents are prepared, and programs checked.</summary>
    public static IReadOnlyList<Type> Sandbox { get; } =
        [typeof(ISandboxActivities), typeof(IAgentActivities), typeof(ITaskPackageActivities), typeof(IConstructionActivities)];

    /// <summary>Contracts that only the host of a container can serve.</summary>
    public static IReadOnlyList<Type> SandboxHost { get; } = [typeof(ISandboxActivities), typeof(IAgentActivities)];
}

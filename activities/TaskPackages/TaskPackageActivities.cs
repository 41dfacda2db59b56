using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.TaskPackages;

/// <summary>Reading Harbor tasks from disk into the artifact store.</summary>
public sealed class TaskPackageActivities(IArtifactStore store, IPythonRunner python) : ITaskPackageActivities
{
    /// <inheritdoc/>
    public async Task<TaskPackage> ReadAsync(ReadPackageRequest request)
    {
        try
        {
            return await new TaskPackager(store).PackAsync(request.TaskDir, ActivityExecutionContext.Current.CancellationToken);
        }
        catch (InvalidTaskException invalid)
        {
            throw new ApplicationFailureException(invalid.Message, invalid, FailureTypes.InvalidTask, nonRetryable: true);
        }
    }

    /// <inheritdoc/>
    public async Task<VerifierHint> HintAsync(VerifierHintRequest request)
    {
        var context = ActivityExecutionContext.Current;
        await using var heartbeats = Heartbeats.Start(context, TimeProvider.System);
        return await new VerifierHintMaker(store, python, context.Logger).MakeAsync(request, context.CancellationToken);
    }
}

using Temporalio.Worker.Interceptors;

namespace Spark.Temporal.Activities.Failures;

/// <summary>
/// Types what escapes from any activity: a full or missing disk is not a fault of the engine, of a model or of the run, and a run that
/// knows so waits. The one place where that is decided.
/// </summary>
public sealed class FailureInterceptor : IWorkerInterceptor
{
    /// <inheritdoc/>
    public ActivityInboundInterceptor InterceptActivity(ActivityInboundInterceptor nextInterceptor) => new Inbound(nextInterceptor);

    private sealed class Inbound(ActivityInboundInterceptor next) : ActivityInboundInterceptor(next)
    {
        public override Task<object?> ExecuteActivityAsync(ExecuteActivityInput input) =>
            StorageFailures.TypedAsync(() => base.ExecuteActivityAsync(input));
    }
}

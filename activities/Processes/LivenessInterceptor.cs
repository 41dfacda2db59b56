using Temporalio.Activities;
using Temporalio.Worker.Interceptors;

namespace Spark.Temporal.Activities.Processes;

/// <summary>
/// Heartbeats for every activity with a heartbeat time-out, as long as its process lives: one that was killed is noticed
/// after that, not after all the time that the activity might have taken. For workers whose activities say no more than that.
/// </summary>
public sealed class LivenessInterceptor : IWorkerInterceptor
{
    /// <inheritdoc/>
    public ActivityInboundInterceptor InterceptActivity(ActivityInboundInterceptor nextInterceptor) => new Inbound(nextInterceptor);

    private sealed class Inbound(ActivityInboundInterceptor next) : ActivityInboundInterceptor(next)
    {
        public override async Task<object?> ExecuteActivityAsync(ExecuteActivityInput input)
        {
            if (ActivityExecutionContext.Current.Info.HeartbeatTimeout is not { } limit)
            {
                return await base.ExecuteActivityAsync(input);
            }

            await using var heartbeats = Heartbeats.Start(ActivityExecutionContext.Current, TimeProvider.System, limit / 4);
            return await base.ExecuteActivityAsync(input);
        }
    }
}

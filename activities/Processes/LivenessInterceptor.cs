using Temporalio.Activities;
using Temporalio.Worker.Interceptors;

namespace Spark.Temporal.Activities.Processes;

/// <summary>
/// Sends heartbeats for every activity with a heartbeat time-out, as long as its process lives. So a killed process is noticed
/// after that time-out, not after the longer one of the activity. For workers whose activities send no heartbeats themselves.
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

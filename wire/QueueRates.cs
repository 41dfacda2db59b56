using Temporalio.Api.Enums.V1;
using Temporalio.Client;

namespace Spark.Temporal.Wire;

/// <summary>How fast the server hands out a queue's activities, and who said so.</summary>
/// <param name="PerMinute">Activities a minute; null for no limit.</param>
/// <param name="Reason">Why it was set; null where it never was.</param>
/// <param name="By">Who set it.</param>
/// <param name="At">When it was set.</param>
public sealed record QueueRate(double? PerMinute, string? Reason = null, string? By = null, DateTimeOffset? At = null)
{
    /// <summary>Activities that wait in the queue, about.</summary>
    public long Backlog { get; init; }

    /// <summary>Workers that ask for them.</summary>
    public int Pollers { get; init; }
}

/// <summary>
/// Rate limits of task queues. The server holds them for every worker of a cluster together and changes them while runs go
/// on; they outlive workers.
/// </summary>
public static class QueueRates
{
    /// <summary>The reason that a worker gives when it applies its settings; any other one is a person's.</summary>
    public const string FromSettings = "settings of the worker";

    public static async Task<QueueRate> ReadAsync(ITemporalClient client, string queue, CancellationToken cancellationToken)
    {
        var described = await client.WorkflowService.DescribeTaskQueueAsync(
            new()
            {
                Namespace = client.Options.Namespace,
                TaskQueue = new() { Name = queue },
                TaskQueueType = TaskQueueType.Activity,
                ReportConfig = true,
                ReportStats = true,
            },
            new() { CancellationToken = cancellationToken });
        var config = described.Config?.QueueRateLimit;
        return new QueueRate(
            config?.RateLimit is { } limit ? Math.Round(limit.RequestsPerSecond * 60.0, 3) : null,
            config?.Metadata?.Reason,
            config?.Metadata?.UpdateIdentity,
            config?.Metadata?.UpdateTime?.ToDateTimeOffset())
        {
            Backlog = described.Stats?.ApproximateBacklogCount ?? 0,
            Pollers = described.Pollers.Count,
        };
    }

    /// <param name="client">Where.</param>
    /// <param name="queue">Full name of the queue.</param>
    /// <param name="perMinute">Activities a minute; null takes the limit away.</param>
    /// <param name="reason">Why; shown beside the limit.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public static Task SetAsync(ITemporalClient client, string queue, double? perMinute, string reason, CancellationToken cancellationToken) =>
        client.WorkflowService.UpdateTaskQueueConfigAsync(
            new()
            {
                Namespace = client.Options.Namespace,
                Identity = client.Connection.Options.Identity,
                TaskQueue = queue,
                TaskQueueType = TaskQueueType.Activity,
                UpdateQueueRateLimit = new()
                {
                    RateLimit = perMinute is { } rate ? new() { RequestsPerSecond = (float)(rate / 60) } : null,
                    Reason = reason,
                },
            },
            new() { CancellationToken = cancellationToken });
}

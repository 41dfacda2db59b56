using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Spark.Temporal.Activities.Sandbox;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Workers;

/// <summary>Removes containers and images that no run needs any more, at the start and then as often as the settings say.</summary>
internal sealed class SandboxSweepService(
    ISandboxSweeper sweeper, IImageCollector images, SandboxOptions options, ITemporalClient client, ILogger<SandboxSweepService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.SweepIntervalSec));
        do
        {
            try
            {
                await sweeper.SweepAsync(IsClosedAsync, stoppingToken);
                await images.CollectAsync(stoppingToken);
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                logger.LogWarning("Containers and images could not be swept: {Problem}", failed.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>A workflow that the server does not know may belong to another server: its container is kept until its deadline.</summary>
    internal async Task<bool?> IsClosedAsync(string workflowId, CancellationToken cancellationToken)
    {
        try
        {
            var rpc = new RpcOptions { CancellationToken = cancellationToken, Timeout = TimeSpan.FromSeconds(5), Retry = false };
            var described = await client.GetWorkflowHandle(workflowId).DescribeAsync(new() { Rpc = rpc });
            return described.Status is not (WorkflowExecutionStatus.Running or WorkflowExecutionStatus.ContinuedAsNew);
        }
        catch (RpcException)
        {
            return null;
        }
    }
}

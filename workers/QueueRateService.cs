using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Wire;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Workers;

/// <summary>
/// Tells the server, once at the start, how many requests a minute each model profile may get. A rate that an operator
/// has set since is kept: a worker that restarts must not undo it.
/// </summary>
internal sealed class QueueRateService(
    IOptions<LlmOptions> llm, IOptions<WorkerOptions> worker, ITemporalClient client, ILogger<QueueRateService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var (name, profile) in llm.Value.Profiles)
        {
            try
            {
                await ApplyAsync(worker.Value.QueuePrefix + TaskQueues.Llm(name), profile.RequestsPerMinute, stoppingToken);
            }
            catch (RpcException failed) when (!stoppingToken.IsCancellationRequested)
            {
                logger.LogWarning("The rate of model profile {Profile} could not be set: {Problem}", name, failed.Message);
            }
        }
    }

    private async Task ApplyAsync(string queue, double? perMinute, CancellationToken cancellationToken)
    {
        var now = await QueueRates.ReadAsync(client, queue, cancellationToken);
        if (now.Reason is not (null or "" or QueueRates.FromSettings))
        {
            logger.LogInformation("{Queue}: {Rate} requests a minute, set by {By}; this overrides the settings", queue, now.PerMinute, now.By);
        }
        else if (now.PerMinute != perMinute)
        {
            await QueueRates.SetAsync(client, queue, perMinute, QueueRates.FromSettings, cancellationToken);
            logger.LogInformation("{Queue}: {Rate} requests a minute", queue, perMinute);
        }
    }
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Spark.Temporal.Activities.Processes;

/// <summary>Something that containers may still need from before a restart of the worker.</summary>
internal interface IResumed
{
    /// <summary>Starts where a container of before may need it; nothing else.</summary>
    Task ResumeAsync(CancellationToken cancellationToken);
}

/// <summary>Brings it back with the worker, before those in containers have given up on it. What fails is logged: the first that needs it tries again.</summary>
internal sealed class Resumption<T>(T resumed, ILogger<T> logger) : BackgroundService
    where T : IResumed
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await resumed.ResumeAsync(stoppingToken);
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            logger.LogWarning("{Problem}", failed.Message);
        }
    }
}

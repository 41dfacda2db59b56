using Docker.DotNet;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// Looks at what the containers of this host have written, also while no command of ours runs in them, and ends those above their limit. A command that
/// writes too much is ended before by <see cref="DiskWatch"/>, with its container left.
/// </summary>
internal sealed class StorageGuard(IContainerGateway gateway, SandboxHost host, SandboxOptions options, ILogger<StorageGuard> logger) : BackgroundService
{
    private const long MiB = 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Looks once at all containers.</summary>
    /// <returns>Those that were ended.</returns>
    public async Task<IReadOnlyList<string>> LookAsync(CancellationToken cancellationToken)
    {
        var containers = (await gateway.ListAsync($"{SandboxLabels.Worker}={host.Name}", cancellationToken)).Where(container => container.Running);
        var ended = await Task.WhenAll(containers.Select(container => EndsAsync(container, cancellationToken)));
        return [.. ended.OfType<string>()];
    }

    /// <returns>Its id where it was ended.</returns>
    private async Task<string?> EndsAsync(ContainerFacts container, CancellationToken cancellationToken)
    {
        if (StorageExcess.LimitOf(container) is not { } limit)
        {
            return null;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            if (await gateway.FindAsync(container.Id, withSize: true, patience.Token) is { Running: true } measured && measured.SizeBytes > limit + StorageExcess.Slack(limit))
            {
                await gateway.EndForExcessAsync(container.Id, patience.Token);
                logger.LogInformation("Container {Container} was ended: it holds {Size} MiB, its storage limit is {Limit} MiB", container.Name, measured.SizeBytes / MiB, limit / MiB);
                return container.Id;
            }
        }
        catch (Exception failed) when (failed is DockerApiException || !cancellationToken.IsCancellationRequested)
        {
            // One that the engine cannot look at must not keep the others from being looked at.
            logger.LogDebug(failed, "Container {Container} could not be measured", container.Name);
        }

        return null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception away) when (away is not OperationCanceledException)
            {
                // The engine is away; whoever needs it says so.
                logger.LogDebug(away, "Containers could not be measured");
            }

            // Measuring walks through files; with many of them it may take a tenth of the time.
            var least = TimeSpan.FromSeconds(options.StorageIntervalSec);
            await Task.Delay(clock.Elapsed * 9 > least ? clock.Elapsed * 9 : least, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

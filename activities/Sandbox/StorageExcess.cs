using System.Globalization;
using Docker.DotNet;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Tells the end of a container that wrote more than it may from one that was lost.</summary>
internal sealed class StorageExcess(IContainerGateway gateway)
{
    /// <summary>Exit code of what was ended so: 128 and the signal "file size limit exceeded".</summary>
    public const int ExitCode = 153;

    private const long MiB = 1024 * 1024;

    /// <summary>The limit of a container; null where it has none.</summary>
    public static long? LimitOf(ContainerFacts container) =>
        long.TryParse(container.Labels.GetValueOrDefault(SandboxLabels.Storage), CultureInfo.InvariantCulture, out var limit) ? limit : null;

    /// <summary>What a container may have above its limit before it is ended whole: a command that writes too much is ended alone first.</summary>
    public static long Slack(long limit) => Math.Max(64 * MiB, limit / 10);

    /// <summary>Does something in a container, or something else where that ended for what was written in it meanwhile.</summary>
    /// <param name="container">The container.</param>
    /// <param name="work">What fails where the container ends.</param>
    /// <param name="instead">The answer then; gets the reason.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<T> OrAsync<T>(string container, Func<Task<T>> work, Func<string, Task<T>> instead, CancellationToken cancellationToken)
    {
        var limit = await gateway.FindAsync(container, withSize: false, cancellationToken) is { } facts ? LimitOf(facts) : null;
        try
        {
            return await work();
        }
        catch (Exception ended) when (ended is DockerApiException or IOException or ApplicationFailureException or HttpRequestException)
        {
            if (!await gateway.ExceededAsync(container, cancellationToken))
            {
                throw;
            }

            return await instead($"the container held more than its storage limit{(limit is { } bytes ? $" of {bytes / MiB} MiB" : "")} ([environment] storage_mb) and was ended");
        }
    }
}

using System.Net;
using System.Text.RegularExpressions;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Spark.Temporal.Activities.Sandbox;

/// <content>Builds.</content>
internal sealed partial class DockerContainerGateway
{
    private const int CpuPeriod = 100_000;
    private const int MostTries = 50;

    public async Task<ImageFacts> BuildImageAsync(Stream context, BuildSpec spec, Action<string> output, CancellationToken cancellationToken)
    {
        List<Task> limiting = [];
        var messages = new BuildMessages(text =>
        {
            output(text);
            if (spec.Limits is { } limits)
            {
                limiting.AddRange(StepContainer().Matches(text).Select(found => LimitAsync(found.Groups[1].Value, limits, cancellationToken)));
            }
        });
        var parameters = new ImageBuildParameters
        {
            Tags = [spec.Tag],
            Labels = new Dictionary<string, string>(spec.Labels),
            BuildArgs = new Dictionary<string, string>(spec.Arguments),
            Remove = true,
            ForceRemove = true,
            // The classic builder: engines without BuildKit have only it, and the stream is the same everywhere.
            Version = "1",
        };
        if (spec.Limits is { } all)
        {
            (parameters.Memory, parameters.MemorySwap) = (all.MemoryBytes, all.MemoryBytes);
            (parameters.CPUPeriod, parameters.CPUQuota) = (CpuPeriod, (long)(all.Cpus * CpuPeriod));
        }

        try
        {
            await _client.Images.BuildImageFromDockerfileAsync(parameters, context, null, null, messages, cancellationToken);
        }
        catch (DockerApiException refused) when (refused.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.InternalServerError or HttpStatusCode.NotFound)
        {
            throw new ImageException(BuildMessages.Words(refused));
        }
        finally
        {
            await Task.WhenAll(limiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return messages.Error is { } error
            ? throw new ImageException(error)
            : await FindImageAsync(spec.Tag, cancellationToken) ?? throw new ImageException("The build ended without an image.");
    }

    /// <summary>
    /// Limits the processes of a step's container, which the builder names before it starts it and has no parameter for (<c>ulimit -u</c> does not
    /// hold for root). A step can print another container's name; that one does not have this build's memory.
    /// </summary>
    private async Task LimitAsync(string container, BuildLimits limits, CancellationToken cancellationToken)
    {
        for (var tries = 1; tries <= MostTries; tries++)
        {
            try
            {
                var found = await _client.Containers.InspectContainerAsync(container, cancellationToken);
                if (found.HostConfig?.Memory == limits.MemoryBytes)
                {
                    await _client.Containers.UpdateContainerAsync(found.ID, new ContainerUpdateParameters { PidsLimit = limits.Pids }, cancellationToken);
                }

                return;
            }
            catch (DockerApiException gone) when (gone.StatusCode == HttpStatusCode.NotFound)
            {
                return;
            }
            catch (DockerApiException)
            {
                // It is just being started.
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
            }
        }
    }

    [GeneratedRegex(@"^ ---> Running in ([0-9a-f]{12,64})$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex StepContainer();
}

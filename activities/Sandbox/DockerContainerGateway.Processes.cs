using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Spark.Temporal.Activities.Sandbox;

/// <content>Processes of a container, from outside.</content>
internal sealed partial class DockerContainerGateway
{
    private const int Freezings = 5;

    public async Task<IReadOnlyList<ContainerProcess>> ProcessesAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            var state = _local ? await _client.Containers.InspectContainerAsync(container, cancellationToken) : null;
            if (state is not null && HostProcesses.Of(state.State?.Pid ?? 0, state.ID) is { } known)
            {
                return known;
            }

            var found = await _client.Containers.ListProcessesAsync(container, new ContainerListProcessesParameters { PsArgs = "-eo pid,ppid,etimes,args" }, cancellationToken);
            return [.. (found.Processes ?? []).Where(row => row.Count > 3).Select(row => new ContainerProcess(row[0], row[1], long.TryParse(row[2], out var age) ? age : 0, string.Join(' ', row.Skip(3))))];
        }
        catch (DockerApiException)
        {
            // It has ended, or the engine's host has no ps.
            return [];
        }
    }

    public async Task<bool> FreezeAsync(string container, bool frozen, CancellationToken cancellationToken)
    {
        for (var left = Freezings; ; left--)
        {
            try
            {
                await (frozen ? _client.Containers.PauseContainerAsync(container, cancellationToken) : _client.Containers.UnpauseContainerAsync(container, cancellationToken));
                return true;
            }
            catch (DockerApiException already) when (already.StatusCode == HttpStatusCode.Conflict || BuildMessages.Words(already).Contains("paused", StringComparison.Ordinal))
            {
                // An earlier try has done it, or it does not run: nothing of it moves.
                return true;
            }
            catch (DockerApiException busy) when (BuildMessages.Words(busy).Contains("freeze", StringComparison.Ordinal))
            {
                // Processes that may not run do not come to where they can be stopped.
                if (left == 0)
                {
                    return false;
                }

                await LiftAsync(container, cancellationToken);
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
            }
        }
    }

    private async Task LiftAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            await _client.Containers.UpdateContainerAsync(container, new ContainerUpdateParameters { NanoCPUs = Environment.ProcessorCount * 1_000_000_000L }, cancellationToken);
        }
        catch (DockerApiException)
        {
            // It has ended, or the engine has fewer: it is tried all the same.
        }
    }
}

using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Spark.Temporal.Activities.Sandbox;

/// <content>Processes of a container, from outside.</content>
internal sealed partial class DockerContainerGateway
{
    public async Task<IReadOnlyList<ContainerProcess>> ProcessesAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            var found = await _client.Containers.ListProcessesAsync(container, new ContainerListProcessesParameters { PsArgs = "-eo pid,args" }, cancellationToken);
            return [.. (found.Processes ?? []).Where(row => row.Count > 1).Select(row => new ContainerProcess(row[0], string.Join(' ', row.Skip(1))))];
        }
        catch (DockerApiException)
        {
            // It has ended, or the engine's host has no ps.
            return [];
        }
    }

    public async Task FreezeAsync(string container, bool frozen, CancellationToken cancellationToken)
    {
        try
        {
            await (frozen ? _client.Containers.PauseContainerAsync(container, cancellationToken) : _client.Containers.UnpauseContainerAsync(container, cancellationToken));
        }
        catch (DockerApiException already) when (already.StatusCode == HttpStatusCode.Conflict || BuildMessages.Words(already).Contains("paused", StringComparison.Ordinal))
        {
            // An earlier try has done it, or it does not run: nothing of it moves.
        }
    }
}

using Docker.DotNet;
using Docker.DotNet.Models;

namespace Spark.Temporal.Activities.Sandbox;

/// <content>Calls that an agent can keep the engine from ending; see <see cref="StuckStarts"/>.</content>
internal sealed partial class DockerContainerGateway
{
    /// <summary>Waits for a call; while it does not end, ends what was stopped as it started.</summary>
    /// <param name="container">Id or name of the container.</param>
    /// <param name="call">The call, under way.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="UnreportedException">What was started was stopped by somebody in the container, and the call failed for it.</exception>
    private async Task<T> UnstuckAsync<T>(string container, Task<T> call, CancellationToken cancellationToken)
    {
        var ended = 0;
        string? id = null;
        while (_local && await Task.WhenAny(call, Task.Delay(StuckStarts.Patience, cancellationToken)) != call)
        {
            cancellationToken.ThrowIfCancellationRequested();
            id ??= await WholeIdAsync(container, cancellationToken);
            ended += id is null ? 0 : StuckStarts.End(id);
        }

        try
        {
            return await call;
        }
        catch (DockerApiException failed) when (ended > 0 && failed.StatusCode != System.Net.HttpStatusCode.NotFound)
        {
            throw new UnreportedException("a process of the container stopped what the engine started in it");
        }
    }

    /// <summary>The engine answers before it has started a command: looks after one that says nothing at first.</summary>
    private async Task WatchStartAsync(string container, CancellationToken heard)
    {
        try
        {
            string? id = null;
            for (var look = 0; look < StuckStarts.Looks; look++)
            {
                await Task.Delay(StuckStarts.Patience, heard);
                id ??= await WholeIdAsync(container, heard);
                if (id is null || StuckStarts.End(id) > 0)
                {
                    return;
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or DockerApiException or System.Net.Http.HttpRequestException or IOException)
        {
            // It has said something, or there is no engine to look at.
        }
    }

    /// <summary>The list answers also where the container itself does not.</summary>
    private async Task<string?> WholeIdAsync(string container, CancellationToken cancellationToken)
    {
        var all = await _client.Containers.ListContainersAsync(new ContainersListParameters { All = true }, cancellationToken);
        return all.FirstOrDefault(found => found.ID.StartsWith(container, StringComparison.Ordinal) || found.Names.Contains($"/{container}"))?.ID;
    }
}

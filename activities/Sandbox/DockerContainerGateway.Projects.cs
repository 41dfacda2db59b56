using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Spark.Temporal.Activities.Sandbox;

/// <content>Projects of compose: containers, networks and volumes that belong together.</content>
internal sealed partial class DockerContainerGateway
{
    private const string ProjectLabel = "com.docker.compose.project";

    public async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> ListProjectsAsync(string label, CancellationToken cancellationToken)
    {
        var projects = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        var networks = await _client.Networks.ListNetworksAsync(new NetworksListParameters { Filters = Labelled(label) }, cancellationToken);
        var volumes = await _client.Volumes.ListAsync(new VolumesListParameters { Filters = Labelled(label) }, cancellationToken);
        foreach (var labels in networks.Select(network => network.Labels).Concat((volumes.Volumes ?? []).Select(volume => volume.Labels)))
        {
            if (labels is not null && labels.TryGetValue(ProjectLabel, out var project))
            {
                projects[project] = new Dictionary<string, string>(labels);
            }
        }

        return projects;
    }

    public async Task RemoveProjectAsync(string project, CancellationToken cancellationToken)
    {
        var label = $"{ProjectLabel}={project}";
        await Task.WhenAll((await ListAsync(label, cancellationToken)).Select(container => RemoveAsync(container.Id, cancellationToken)));
        foreach (var network in await _client.Networks.ListNetworksAsync(new NetworksListParameters { Filters = Labelled(label) }, cancellationToken))
        {
            await WhereThereAsync(() => _client.Networks.DeleteNetworkAsync(network.ID, cancellationToken));
        }

        foreach (var volume in (await _client.Volumes.ListAsync(new VolumesListParameters { Filters = Labelled(label) }, cancellationToken)).Volumes ?? [])
        {
            await WhereThereAsync(() => _client.Volumes.RemoveAsync(volume.Name, force: true, cancellationToken));
        }
    }

    private static async Task WhereThereAsync(Func<Task> removal)
    {
        try
        {
            await removal();
        }
        catch (DockerApiException gone) when (gone.StatusCode == HttpStatusCode.NotFound)
        {
            // Another removal was first.
        }
    }

    private static Dictionary<string, IDictionary<string, bool>> Labelled(string label) =>
        new() { ["label"] = new Dictionary<string, bool> { [label] = true } };
}

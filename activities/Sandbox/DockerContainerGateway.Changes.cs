using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Spark.Temporal.Activities.Sandbox;

/// <content>What was changed in a container, as the engine knows it.</content>
internal sealed partial class DockerContainerGateway
{
    public async Task<IReadOnlyList<ContainerChange>> AllChangesAsync(string container, CancellationToken cancellationToken)
    {
        var found = await _client.Containers.InspectContainerAsync(container, cancellationToken);
        return [.. await LayerChangesAsync(container, cancellationToken), .. await VolumeChangesAsync(found, cancellationToken)];
    }

    private async Task<IReadOnlyList<ContainerChange>> LayerChangesAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            return [.. (await _client.Containers.InspectChangesAsync(container, cancellationToken) ?? []).Select(change =>
                new ContainerChange(change.Path, change.Kind == FileSystemChangeKind.Delete, change.Kind == FileSystemChangeKind.Add))];
        }
        catch (DockerApiException unreadable) when (unreadable.StatusCode == HttpStatusCode.InternalServerError && BuildMessages.Words(unreadable).Contains("file name too long", StringComparison.Ordinal))
        {
            throw new UnreportedException("what was changed in the container cannot be listed: folders are too deep");
        }
    }

    public async Task<bool> WasAddedAsync(string container, string path, CancellationToken cancellationToken) =>
        (await LayerChangesAsync(container, cancellationToken)).Any(change => change.Path == path && change.Added);

    public async Task<IReadOnlyList<string>> WrittenAsync(string container, CancellationToken cancellationToken)
    {
        var found = await _client.Containers.InspectContainerAsync(container, cancellationToken);
        var layer = _local && found.GraphDriver?.Data is { } data && data.TryGetValue("UpperDir", out var upper) && upper is { Length: > 0 } ? WrittenLayer.Paths(upper) : null;
        return
        [
            .. layer ?? (await LayerChangesAsync(container, cancellationToken)).Select(change => change.Path),
            .. (await VolumeChangesAsync(found, cancellationToken)).Select(change => change.Path),
        ];
    }
}

/// <param name="Path">Absolute path in the container.</param>
/// <param name="Removed">Whether the image's is gone.</param>
/// <param name="Added">Whether the image has nothing there.</param>
internal readonly record struct ContainerChange(string Path, bool Removed, bool Added);

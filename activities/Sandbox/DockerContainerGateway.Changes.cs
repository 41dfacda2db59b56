using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Spark.Temporal.Activities.Sandbox;

/// <content>What was changed in a container, as the engine knows it.</content>
internal sealed partial class DockerContainerGateway
{
    private const int MostWritten = 100_000;

    private static readonly string[] SystemFolders = ["usr", "etc", "bin", "sbin", "lib", "lib64"];

    public async Task<IReadOnlyList<string>> ChangesAsync(string container, CancellationToken cancellationToken) =>
        [.. (await AllChangesAsync(container, cancellationToken)).Where(change => !change.Removed).Select(change => change.Path)];

    public async Task<IReadOnlyList<ContainerChange>> AllChangesAsync(string container, CancellationToken cancellationToken)
    {
        var volumes = VolumeChangesAsync(container, cancellationToken);
        var layer = LayerChangesAsync(container, cancellationToken);
        await Task.WhenAll(volumes, layer);
        return [.. await layer, .. await volumes];
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
            throw new UnreportedException("the engine cannot list what was changed in the container: folders are too deep");
        }
    }

    public async Task<bool> WasAddedAsync(string container, string path, CancellationToken cancellationToken) =>
        (await LayerChangesAsync(container, cancellationToken)).Any(change => change.Path == path && change.Added);

    public async Task<IReadOnlyList<string>> WrittenAsync(string container, CancellationToken cancellationToken)
    {
        if (!_local)
        {
            return [];
        }

        var found = await _client.Containers.InspectContainerAsync(container, cancellationToken);
        if (found.GraphDriver?.Data is not { } data || !data.TryGetValue("UpperDir", out var upper) || string.IsNullOrEmpty(upper))
        {
            return [];
        }

        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        try
        {
            // No link is followed: what an agent made of its folders is no way into the host's.
            return [.. SystemFolders
                .Select(folder => new DirectoryInfo(Path.Combine(upper, folder)))
                .Where(folder => folder.Exists && folder.LinkTarget is null)
                .SelectMany(folder => folder.EnumerateFiles("*", options))
                .Take(MostWritten)
                .Select(file => file.FullName[upper.Length..])];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}

/// <param name="Path">Absolute path in the container.</param>
/// <param name="Removed">Whether the image's is gone.</param>
/// <param name="Added">Whether the image has nothing there.</param>
internal readonly record struct ContainerChange(string Path, bool Removed, bool Added);

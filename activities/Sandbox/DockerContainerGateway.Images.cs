using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Spark.Temporal.Activities.Sandbox;

/// <content>Images.</content>
internal sealed partial class DockerContainerGateway
{
    public async Task<ImageFacts?> FindImageAsync(string reference, CancellationToken cancellationToken)
    {
        try
        {
            var image = await _client.Images.InspectImageAsync(reference, cancellationToken);
            return new ImageFacts
            {
                Id = image.ID,
                User = image.Config?.User ?? "",
                WorkingDirectory = image.Config?.WorkingDir ?? "",
                Entrypoint = [.. image.Config?.Entrypoint ?? []],
                Environment = [.. image.Config?.Env ?? []],
                Shell = [.. image.Config?.Shell ?? []],
                Tags = [.. image.RepoTags ?? []],
                Marked = image.Metadata?.LastTagTime is { Year: > 1 } marked ? new DateTimeOffset(DateTime.SpecifyKind(marked, DateTimeKind.Utc)) : default,
            };
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public async Task<ImageFacts> PullImageAsync(string reference, Action<string> output, CancellationToken cancellationToken)
    {
        var messages = new BuildMessages(output);
        try
        {
            await _client.Images.CreateImageAsync(new ImagesCreateParameters { FromImage = WithTag(reference) }, null, messages, cancellationToken);
        }
        catch (DockerApiException refused) when (refused.StatusCode is not HttpStatusCode.ServiceUnavailable)
        {
            throw new ImageException(BuildMessages.Words(refused));
        }

        return messages.Error is { } error
            ? throw new ImageException(error)
            : await FindImageAsync(reference, cancellationToken) ?? throw new ImageException($"{reference} was pulled, but the engine does not have it.");
    }

    public async Task<IReadOnlyList<ImageOnHost>> ListImagesAsync(CancellationToken cancellationToken)
    {
        var images = await _client.Images.ListImagesAsync(new ImagesListParameters(), cancellationToken);
        return [.. images.Select(image => new ImageOnHost(
            image.ID,
            [.. (image.RepoTags ?? []).Where(tag => tag != "<none>:<none>")],
            new Dictionary<string, string>(image.Labels ?? new Dictionary<string, string>()),
            new DateTimeOffset(DateTime.SpecifyKind(image.Created, DateTimeKind.Utc))))];
    }

    public async Task<IReadOnlyList<ImageLayer>> LayersAsync(string image, CancellationToken cancellationToken)
    {
        List<ImageLayer> layers = [];
        var below = "";
        foreach (var made in (await _client.Images.GetImageHistoryAsync(image, cancellationToken)).Reverse())
        {
            // The engine gives layers no id: entries made by the same command, at the same time, on the same layer below are one layer.
            below = SandboxLabels.Hash($"{below}\n{made.Created:o}\n{made.CreatedBy}\n{made.Size}");
            if (made.Size > 0)
            {
                layers.Add(new ImageLayer(below, made.Size, made.CreatedBy ?? ""));
            }
        }

        return layers;
    }

    public async Task MarkImageAsync(string reference, CancellationToken cancellationToken)
    {
        var colon = reference.LastIndexOf(':');
        try
        {
            // The engine keeps the time at which an image got a name last, also when it is the name that it has.
            await _client.Images.TagImageAsync(
                reference, new ImageTagParameters { RepositoryName = reference[..colon], Tag = reference[(colon + 1)..] }, cancellationToken);
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            // There is nothing to mark.
        }
    }

    public async Task<bool> RemoveImageAsync(string reference, CancellationToken cancellationToken)
    {
        try
        {
            await _client.Images.DeleteImageAsync(reference, new ImageDeleteParameters(), cancellationToken);
            return true;
        }
        catch (DockerApiException gone) when (gone.StatusCode == HttpStatusCode.NotFound)
        {
            return true;
        }
        catch (DockerApiException used) when (used.StatusCode == HttpStatusCode.Conflict)
        {
            return false;
        }
    }

    /// <summary>Adds the tag "latest" where a name has none: without it, every tag would be pulled.</summary>
    private static string WithTag(string reference) =>
        reference.Contains('@', StringComparison.Ordinal) || reference[(reference.LastIndexOf('/') + 1)..].Contains(':', StringComparison.Ordinal) ? reference : $"{reference}:latest";
}

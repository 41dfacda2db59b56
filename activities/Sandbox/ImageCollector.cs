using System.Collections.Concurrent;
using Docker.DotNet;
using Microsoft.Extensions.Logging;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// Removes images that were built for tasks, oldest use first, while they hold more disk than the settings allow. Never
/// one that a container uses, that was asked for a moment ago, or that a user gave another name.
/// </summary>
internal sealed class ImageCollector(IContainerGateway gateway, SandboxOptions options, TimeProvider time, ILogger<ImageCollector> logger) : IImageCollector
{
    /// <summary>
    /// Images asked for within this time stay: after an image is prepared, its container may have to wait for a place on this host.
    /// </summary>
    public static readonly TimeSpan JustUsed = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<string, IReadOnlyList<ImageLayer>> _layers = new();

    /// <summary>Which of the images built for tasks may be removed; a test looks at its own only.</summary>
    internal Predicate<ImageOnHost> Considers { get; init; } = _ => true;

    public async Task<IReadOnlyList<string>> CollectAsync(CancellationToken cancellationToken)
    {
        var all = await gateway.ListImagesAsync(cancellationToken);
        var ours = all.Where(image => image.Labels.ContainsKey(SandboxLabels.Environment) && Considers(image)).ToList();
        List<string> removed = [];
        if (ours.Count == 0)
        {
            return removed;
        }

        var held = new HeldLayers();
        foreach (var image in all)
        {
            held.Add(image, await LayersAsync(image.Id, cancellationToken), ours: ours.Contains(image));
        }

        var limit = options.ImagesGb * 1e9;
        foreach (var image in ours.Where(image => image.Tags.Count > 0 && image.Tags.All(SandboxLabels.IsImageTag)).OrderBy(LastUse))
        {
            if (held.Bytes <= limit)
            {
                break;
            }

            if (await RemoveAsync(image, cancellationToken))
            {
                removed.AddRange(image.Tags);
                logger.LogInformation("Image {Image} removed: images hold {Bytes} bytes, {Limit} are allowed", image.Tags[0], held.Bytes, limit);
                held.Remove(image);
                _layers.TryRemove(image.Id, out _);
            }
        }

        return removed;
    }

    /// <returns>False where it is in use, or was a moment ago.</returns>
    private async Task<bool> RemoveAsync(ImageOnHost image, CancellationToken cancellationToken)
    {
        foreach (var tag in image.Tags)
        {
            // A worker that prepares the image marks it first and looks for it then, so one of the two sees the other.
            await using var removing = ImageUse.TryBar(tag);
            if (removing is null || time.GetUtcNow() - LastUse(image) < JustUsed || await WasMarkedAsync(tag, cancellationToken) || !await gateway.RemoveImageAsync(tag, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a worker of another user on this engine asked for it a moment ago.</summary>
    private async Task<bool> WasMarkedAsync(string tag, CancellationToken cancellationToken) =>
        await gateway.FindImageAsync(tag, cancellationToken) is { } image && time.GetUtcNow() - image.Marked < JustUsed;

    private static DateTimeOffset LastUse(ImageOnHost image) =>
        image.Tags.Select(ImageUse.LastOf).Append(image.Created).Max();

    private async Task<IReadOnlyList<ImageLayer>> LayersAsync(string id, CancellationToken cancellationToken)
    {
        if (_layers.TryGetValue(id, out var known))
        {
            return known;
        }

        try
        {
            return _layers[id] = await gateway.LayersAsync(id, cancellationToken);
        }
        catch (DockerApiException gone) when (gone.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            // Another process has removed it meanwhile.
            return [];
        }
    }

    /// <summary>Layers of the images that may go, each counted once; those that another image holds would not be freed.</summary>
    private sealed class HeldLayers
    {
        private readonly Dictionary<string, IReadOnlyList<ImageLayer>> _images = [];
        private readonly Dictionary<string, (int Images, long Bytes)> _ours = [];
        private readonly HashSet<string> _others = [];

        public double Bytes => _ours.Where(layer => !_others.Contains(layer.Key)).Sum(layer => (double)layer.Value.Bytes);

        public void Add(ImageOnHost image, IReadOnlyList<ImageLayer> layers, bool ours)
        {
            _images[image.Id] = layers;
            foreach (var layer in layers)
            {
                if (ours)
                {
                    _ours[layer.Key] = (_ours.GetValueOrDefault(layer.Key).Images + 1, layer.Bytes);
                }
                else
                {
                    _others.Add(layer.Key);
                }
            }
        }

        public void Remove(ImageOnHost image)
        {
            foreach (var layer in _images[image.Id])
            {
                var (images, bytes) = _ours[layer.Key];
                if (images > 1)
                {
                    _ours[layer.Key] = (images - 1, bytes);
                }
                else
                {
                    _ours.Remove(layer.Key);
                }
            }
        }
    }
}

/// <summary>Keeps the disk that images of tasks hold within its limit.</summary>
public interface IImageCollector
{
    /// <summary>Removes unused images, oldest use first, until they hold no more than the settings allow.</summary>
    /// <returns>Names of the images that were removed.</returns>
    Task<IReadOnlyList<string>> CollectAsync(CancellationToken cancellationToken);
}

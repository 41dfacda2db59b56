using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Globalization;
using Docker.DotNet.Models;
using Spark.Temporal.Activities.Archives;

namespace Spark.Temporal.Activities.Sandbox;

/// <content>
/// Volumes that an image declares. The engine puts the image's content into a new one for each container, and does not count what changes there as a
/// change of the container: so it is compared with what a fresh container has.
/// </content>
internal sealed partial class DockerContainerGateway
{
    private const int MostEntries = 200_000;

    /// <summary>Bytes of files that are read past in one volume: a file with holes is sent with all its zeros.</summary>
    private const long MostPassed = 16L * 1024 * 1024 * 1024;

    private const int MostKnown = 64;

    private readonly ConcurrentDictionary<string, Task<Dictionary<string, VolumeEntry>>> _fresh = new();

    /// <summary>Bytes in the volumes of a container, as the engine counts them; 0 where it does not tell now.</summary>
    private async Task<long> VolumeBytesAsync(ContainerInspectResponse container, CancellationToken cancellationToken)
    {
        var names = (container.Mounts ?? []).Where(mount => mount.Type == "volume").Select(mount => mount.Name).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return names.Count == 0 ? 0 : await _usage.BytesAsync(names, cancellationToken);
    }

    /// <summary>What was made, changed and removed in the volumes of a container.</summary>
    private async Task<IReadOnlyList<ContainerChange>> VolumeChangesAsync(ContainerInspectResponse container, CancellationToken cancellationToken)
    {
        List<ContainerChange> changes = [];
        foreach (var path in (container.Mounts ?? []).Where(mount => mount.Type == "volume" && mount.Destination.Length > 1).Select(mount => mount.Destination))
        {
            var (now, whole) = await EntriesAsync(container.ID, path, cancellationToken);
            var fresh = await FreshAsync(container, path, cancellationToken);
            changes.AddRange(now.Where(entry => !fresh.TryGetValue(entry.Key, out var before) || before != entry.Value).Select(entry => new ContainerChange(entry.Key, false, !fresh.ContainsKey(entry.Key))));
            if (whole)
            {
                changes.AddRange(fresh.Keys.Where(entry => !now.ContainsKey(entry)).Select(entry => new ContainerChange(entry, true, false)));
            }
        }

        return changes;
    }

    /// <summary>What is in a volume of a new container; an image's is looked at once.</summary>
    private async Task<Dictionary<string, VolumeEntry>> FreshAsync(ContainerInspectResponse container, string path, CancellationToken cancellationToken)
    {
        var key = $"{container.Image}\n{path}";
        var looking = _fresh.GetOrAdd(key, _ => LookAsync());
        try
        {
            return await looking.WaitAsync(cancellationToken);
        }
        catch (Exception)
        {
            _fresh.TryRemove(KeyValuePair.Create(key, looking));
            throw;
        }
        finally
        {
            if (_fresh.Count > MostKnown)
            {
                _fresh.Clear();
            }
        }

        async Task<Dictionary<string, VolumeEntry>> LookAsync()
        {
            var labels = new Dictionary<string, string>
            {
                // Where the worker dies now, the sweep removes it.
                [SandboxLabels.Worker] = container.Config?.Labels?.TryGetValue(SandboxLabels.Worker, out var worker) == true ? worker : "",
                [SandboxLabels.Deadline] = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 600).ToString(CultureInfo.InvariantCulture),
            };
            var made = await _client.Containers.CreateContainerAsync(
                new CreateContainerParameters { Image = container.Image, Entrypoint = ["true"], Labels = labels, HostConfig = new HostConfig { NetworkMode = "none" } }, CancellationToken.None);
            try
            {
                return (await EntriesAsync(made.ID, path, CancellationToken.None)).Entries;
            }
            finally
            {
                await RemoveAsync(made.ID, CancellationToken.None);
            }
        }
    }

    private async Task<(Dictionary<string, VolumeEntry> Entries, bool Whole)> EntriesAsync(string container, string path, CancellationToken cancellationToken)
    {
        var entries = new Dictionary<string, VolumeEntry>(StringComparer.Ordinal);
        var stream = await ArchiveAsync(container, path, cancellationToken);
        if (stream is null)
        {
            return (entries, true);
        }

        await using (stream)
        {
            var parent = path[..path.LastIndexOf('/')];
            var passed = 0L;
            try
            {
                await foreach (var entry in TarPack.ReadAsync(stream, cancellationToken))
                {
                    var folder = entry.EntryType is TarEntryType.Directory;
                    entries[$"{parent}/{entry.Name.TrimEnd('/')}"] = new VolumeEntry(
                        entry.EntryType, entry.Mode, entry.Uid, entry.Gid, entry.LinkName, folder ? 0 : entry.Length, folder ? default : entry.ModificationTime);
                    if ((passed += entry.Length) > MostPassed || entries.Count >= MostEntries)
                    {
                        return (entries, false);
                    }
                }
            }
            catch (InvalidDataException)
            {
                // Names of an agent's making that no archive can hold: what came before them counts.
                return (entries, false);
            }
        }

        return (entries, true);
    }

    /// <summary>What tells one state of a path from another, as the engine tells it for a layer: a folder's own time does not.</summary>
    private readonly record struct VolumeEntry(TarEntryType Type, UnixFileMode Mode, int User, int Group, string Target, long Length, DateTimeOffset Time);
}

using System.Globalization;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>The gateway to a Docker engine.</summary>
internal sealed partial class DockerContainerGateway : IContainerGateway, IDisposable
{
    /// <summary>The oldest engine that is supported speaks this version; newer ones speak it too.</summary>
    private static readonly System.Version ApiVersion = new(1, 41);

    /// <summary>Capabilities of a container's root; all others are dropped.</summary>
    public static readonly string[] Capabilities =
        ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "NET_BIND_SERVICE", "SYS_CHROOT"];

    /// <summary>SIGXFSZ, "file size limit exceeded": a container that was ended by it has itself to blame, and the engine's events keep that.</summary>
    private const string Excess = "25";

    private readonly DockerClient _client;
    private readonly bool _local;
    private readonly VolumeUsage _usage;

    public DockerContainerGateway(string? endpoint)
    {
        endpoint ??= Environment.GetEnvironmentVariable("DOCKER_HOST");
        var builder = new DockerClientBuilder().WithApiVersion(ApiVersion).WithTimeout(Timeout.InfiniteTimeSpan);
        var address = new Uri(string.IsNullOrEmpty(endpoint) ? "unix:///var/run/docker.sock" : endpoint);
        _local = address.Scheme == "unix";
        _client = builder.WithEndpoint(address).Build();
        _usage = new VolumeUsage(address, ApiVersion);
    }

    public void Dispose()
    {
        _client.Dispose();
        _usage.Dispose();
    }

    public async Task<EngineFacts> DescribeAsync(CancellationToken cancellationToken)
    {
        var info = await _client.System.GetSystemInfoAsync(cancellationToken);
        var backing = info.DriverStatus?.FirstOrDefault(pair => pair is ["Backing Filesystem", _])?[1];
        var limits = info.Driver is "btrfs" or "zfs" || (info.Driver == "overlay2" && backing == "xfs");
        return new EngineFacts((int)info.NCPU, info.MemTotal, limits, _local && Directory.Exists(info.DockerRootDir) ? info.DockerRootDir : null);
    }

    public async Task<ContainerFacts> CreateAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        var parameters = new CreateContainerParameters
        {
            Name = spec.Name,
            Image = spec.Image,
            Entrypoint = [.. spec.Entrypoint],
            Cmd = [.. spec.Command],
            Env = [.. spec.Environment],
            Labels = new Dictionary<string, string>(spec.Labels),
            WorkingDir = spec.WorkingDirectory!,
            User = spec.User!,
            HostConfig = new HostConfig
            {
                Init = true,
                AutoRemove = true,
                NanoCPUs = (long)(spec.Cpus * 1e9),
                Memory = spec.MemoryBytes,
                MemorySwap = spec.MemoryBytes,
                PidsLimit = spec.Pids,
                CapDrop = ["ALL"],
                CapAdd = Capabilities,
                SecurityOpt = spec.NewPrivileges ? [] : ["no-new-privileges"],
                Tmpfs = new Dictionary<string, string>(spec.Memory),
                ShmSize = spec.ShmBytes ?? 0,
                NetworkMode = spec.Network ?? "none",
                StorageOpt = spec.StorageBytes is { } bytes
                    ? new Dictionary<string, string> { ["size"] = bytes.ToString(CultureInfo.InvariantCulture) }
                    : null!,
                // A chatty service must not fill the host's disk through the engine's own log.
                LogConfig = new LogConfig { Type = "json-file", Config = new Dictionary<string, string> { ["max-size"] = "1m", ["max-file"] = "1" } },
            },
        };
        try
        {
            var created = await _client.Containers.CreateContainerAsync(parameters, cancellationToken);
            return new ContainerFacts(created.ID, spec.Name, Running: false, spec.Labels) { Created = true };
        }
        catch (DockerApiException taken) when (taken.StatusCode == HttpStatusCode.Conflict)
        {
            return await FindAsync(spec.Name, withSize: false, cancellationToken) ?? throw new IOException($"Container {spec.Name} is being removed.");
        }
    }

    public Task StartAsync(string container, CancellationToken cancellationToken) =>
        _client.Containers.StartContainerAsync(container, new ContainerStartParameters(), cancellationToken);

    public async Task<ContainerFacts?> FindAsync(string container, bool withSize, CancellationToken cancellationToken)
    {
        try
        {
            var found = await _client.Containers.InspectContainerAsync(container, new ContainerInspectParameters { IncludeSize = withSize }, cancellationToken);
            return new ContainerFacts(
                found.ID,
                found.Name.TrimStart('/'),
                found.State?.Running == true,
                new Dictionary<string, string>(found.Config?.Labels ?? new Dictionary<string, string>()),
                withSize ? (found.SizeRw ?? 0) + await VolumeBytesAsync(found, cancellationToken) : null)
            {
                User = found.Config?.Labels?.TryGetValue(SandboxLabels.ImageUser, out var user) == true ? user : found.Config?.User ?? "",
            };
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public async Task<IReadOnlyList<ContainerFacts>> ListAsync(string label, CancellationToken cancellationToken)
    {
        var parameters = new ContainersListParameters
        {
            All = true,
            Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [label] = true } },
        };
        var found = await _client.Containers.ListContainersAsync(parameters, cancellationToken);
        return [.. found.Select(container => new ContainerFacts(
            container.ID, container.Names.FirstOrDefault("").TrimStart('/'), container.State == "running", new Dictionary<string, string>(container.Labels)))];
    }

    public async Task<bool> RemoveAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            return await UnstuckAsync(container, RemovedAsync(), cancellationToken);
        }
        catch (DockerApiException gone) when (gone.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }
        catch (DockerApiException removing) when (removing.StatusCode == HttpStatusCode.Conflict)
        {
            // It ended by itself and the engine is removing it: wait for that.
            while (await FindAsync(container, withSize: false, cancellationToken) is not null)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
            }

            return true;
        }

        async Task<bool> RemovedAsync()
        {
            await _client.Containers.RemoveContainerAsync(
                container, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, cancellationToken);
            return true;
        }
    }

    public async Task<bool> EndedByItselfAsync(string container, CancellationToken cancellationToken)
    {
        var (died, killed, exceeded) = await EndOfAsync(container, cancellationToken);
        return exceeded || (died && !killed);
    }

    public async Task<bool> ExceededAsync(string container, CancellationToken cancellationToken) => (await EndOfAsync(container, cancellationToken)).Exceeded;

    private async Task<(bool Died, bool Killed, bool Exceeded)> EndOfAsync(string container, CancellationToken cancellationToken)
    {
        var died = false;
        var killed = false;
        var exceeded = false;
        var parameters = new ContainerEventsParameters
        {
            Since = "0",
            // Look a moment ahead: the engine records the end of a container just after it is visible.
            Until = ((DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 200) / 1000m).ToString("0.000", CultureInfo.InvariantCulture),
            Filters = new Dictionary<string, IDictionary<string, bool>> { ["container"] = new Dictionary<string, bool> { [container] = true } },
        };
        await _client.System.MonitorEventsAsync(
            parameters,
            new Synchronous<Message>(message =>
            {
                // At its deadline the main process ends with 0; no command caused that.
                died |= message.Action == "die" && message.Actor?.Attributes is { } attributes && attributes.TryGetValue("exitCode", out var code) && code != "0";
                killed |= message.Action == "kill";
                exceeded |= message.Action == "kill" && message.Actor?.Attributes?.TryGetValue("signal", out var signal) == true && signal == Excess;
            }),
            cancellationToken);
        return (died, killed, exceeded);
    }

    public async Task EndForExcessAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            await _client.Containers.KillContainerAsync(container, new ContainerKillParameters { Signal = Excess }, cancellationToken);
        }
        catch (DockerApiException gone) when (gone.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // It has ended by itself.
        }
    }

    public Task PutAsync(string container, Stream tar, CancellationToken cancellationToken) =>
        _client.Containers.ExtractArchiveToContainerAsync(container, new CopyToContainerParameters { Path = "/" }, tar, cancellationToken);

    public async Task<Stream?> GetAsync(string container, string path, CancellationToken cancellationToken) =>
        (_local ? await NearAsync(container, path, cancellationToken) : null) ?? await ArchiveAsync(container, path, cancellationToken);

    /// <summary>What is small, from a container that runs on this host.</summary>
    private async Task<Stream?> NearAsync(string container, string path, CancellationToken cancellationToken)
    {
        try
        {
            var found = await _client.Containers.InspectContainerAsync(container, cancellationToken);
            return found.State is { Running: true } state ? await HostView.ReadAsync(state.Pid, found.ID, path, cancellationToken) : null;
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>The same from the engine, whatever its size.</summary>
    internal async Task<Stream?> ArchiveAsync(string container, string path, CancellationToken cancellationToken)
    {
        try
        {
            var found = await _client.Containers.GetArchiveFromContainerAsync(
                container, new ContainerPathStatParameters { Path = path }, statOnly: false, cancellationToken);
            return new ArchiveStream(found.Stream!);
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound && BuildMessages.Words(missing).Contains("Could not find the file", StringComparison.Ordinal))
        {
            return null;
        }
    }

    public async Task<IContainerProcess> ExecAsync(string container, ExecSpec spec, CancellationToken cancellationToken)
    {
        var parameters = new ContainerExecCreateParameters
        {
            Cmd = [.. spec.Command],
            User = spec.User!,
            WorkingDir = spec.WorkingDirectory!,
            Env = [.. spec.Environment],
            AttachStdin = spec.Input,
            AttachStdout = true,
            AttachStderr = true,
        };
        var created = await _client.Exec.CreateContainerExecAsync(container, parameters, cancellationToken);
        var stream = await UnstuckAsync(container, _client.Exec.StartContainerExecAsync(created.ID, new ContainerExecStartParameters(), cancellationToken), cancellationToken);
        var process = new DockerProcess(_client, created.ID, stream);
        if (_local)
        {
            _ = WatchStartAsync(container, process.Heard);
        }

        return process;
    }
}

using System.Formats.Tar;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.TaskPackages;

/// <summary>
/// Runs Python in a helper container: Debian's own interpreter, no network, no capability, nothing writable but a folder
/// in memory. The files travel over standard input, so the container's disk stays read-only from the start.
/// </summary>
public sealed class DockerPythonRunner : IPythonRunner, IDisposable
{
    /// <summary>What the helper image is built from; its hash names the image.</summary>
    private const string Dockerfile = """
        FROM debian:bookworm-slim
        RUN apt-get update && apt-get install -y --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*

        """;

    private const string Loader = """
        import os, runpy, sys, tarfile
        with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as archive:
            archive.extractall("/work")
        os.chdir("/work")
        sys.path.insert(0, "/work")
        runpy.run_path("main.py", run_name="__main__")
        """;

    private const long MemoryBytes = 512 * 1024 * 1024;
    private const int MostOutputBytes = 4 * 1024 * 1024;

    /// <summary>Above this the container has ended by itself even if nobody is left to remove it.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(15);

    private readonly DockerClient _docker;
    private readonly SemaphoreSlim _building = new(1);
    private string? _image;

    /// <param name="endpoint">Address of the Docker engine; null for <c>DOCKER_HOST</c>, else the local one.</param>
    public DockerPythonRunner(string? endpoint = null)
    {
        endpoint ??= Environment.GetEnvironmentVariable("DOCKER_HOST");
        _docker = new DockerClientBuilder()
            .WithApiVersion(new System.Version(1, 41))
            .WithTimeout(Timeout.InfiniteTimeSpan)
            .WithEndpoint(new Uri(string.IsNullOrEmpty(endpoint) ? "unix:///var/run/docker.sock" : endpoint))
            .Build();
    }

    /// <summary>Name of the helper image.</summary>
    public static string ImageName { get; } =
        $"spark-python:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Dockerfile)))[..12]}";

    public void Dispose()
    {
        _docker.Dispose();
        _building.Dispose();
    }

    /// <inheritdoc/>
    public async Task<PythonResult> RunAsync(
        string script, IReadOnlyDictionary<string, byte[]> files, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var image = await ImageAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        var container = await CreateAsync(image, timeout, cancellationToken);
        try
        {
            return await RunAsync(container, await ArchiveAsync(script, files), limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"A Python script ran longer than {timeout.TotalSeconds} s.");
        }
        finally
        {
            await RemoveAsync(container);
        }
    }

    private async Task<string> CreateAsync(string image, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var deadline = timeout + Slack;
        var created = await _docker.Containers.CreateContainerAsync(
            new CreateContainerParameters
            {
                Image = image,
                Entrypoint = ["timeout", "-s", "KILL", ((int)deadline.TotalSeconds).ToString(), "python3", "-I", "-c", Loader],
                User = "65534:65534",
                Env = ["PYTHONDONTWRITEBYTECODE=1", "PYTHONIOENCODING=utf-8", "LC_ALL=C.UTF-8"],
                AttachStdin = true,
                AttachStdout = true,
                AttachStderr = true,
                OpenStdin = true,
                StdinOnce = true,
                Labels = new Dictionary<string, string>
                {
                    ["spark.run"] = ActivityExecutionContext.HasCurrent ? ActivityExecutionContext.Current.Info.WorkflowId ?? "" : "",
                    ["spark.deadline"] = DateTimeOffset.UtcNow.Add(deadline).ToUnixTimeSeconds().ToString(),
                },
                HostConfig = new HostConfig
                {
                    Init = true,
                    AutoRemove = true,
                    NetworkMode = "none",
                    ReadonlyRootfs = true,
                    Tmpfs = new Dictionary<string, string> { ["/work"] = "size=256m,mode=1777" },
                    CapDrop = ["ALL"],
                    SecurityOpt = ["no-new-privileges"],
                    Memory = MemoryBytes,
                    MemorySwap = MemoryBytes,
                    PidsLimit = 64,
                    NanoCPUs = 1_000_000_000,
                    LogConfig = new LogConfig { Type = "none" },
                },
            },
            cancellationToken);
        return created.ID;
    }

    private async Task<PythonResult> RunAsync(string container, byte[] archive, CancellationToken cancellationToken)
    {
        using var stream = await _docker.Containers.AttachContainerAsync(
            container, new ContainerAttachParameters { Stream = true, Stdin = true, Stdout = true, Stderr = true }, cancellationToken);
        var ended = _docker.Containers.WaitContainerAsync(container, cancellationToken);
        await _docker.Containers.StartContainerAsync(container, new ContainerStartParameters(), cancellationToken);
        var reading = ReadAsync(stream, cancellationToken);
        try
        {
            await stream.WriteAsync(archive, 0, archive.Length, cancellationToken);
            stream.CloseWrite();
        }
        catch (IOException)
        {
            // It ended before it had read everything; its own words say why.
        }

        var (output, error) = await reading;
        return new PythonResult((int)(await ended).StatusCode, output, error);
    }

    private static async Task<(string Output, string Error)> ReadAsync(MultiplexedStream stream, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        var buffer = new byte[81920];
        while (await stream.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken) is { EOF: false } read)
        {
            var target = read.Target == MultiplexedStream.TargetStream.StandardError ? error : output;
            target.Write(buffer, 0, (int)Math.Min(read.Count, MostOutputBytes - target.Length));
        }

        return (Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray()));
    }

    private async Task RemoveAsync(string container)
    {
        using var limit = new CancellationTokenSource(Slack);
        try
        {
            await _docker.Containers.RemoveContainerAsync(
                container, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, limit.Token);
        }
        catch (DockerApiException gone) when (gone.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // It ended by itself and the engine removes it or has done so.
        }
    }

    private async Task<string> ImageAsync(CancellationToken cancellationToken)
    {
        await _building.WaitAsync(cancellationToken);
        try
        {
            return _image ??= await FindImageAsync(cancellationToken) ?? await BuildImageAsync(cancellationToken);
        }
        finally
        {
            _building.Release();
        }
    }

    private async Task<string?> FindImageAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await _docker.Images.InspectImageAsync(ImageName, cancellationToken)).ID;
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task<string> BuildImageAsync(CancellationToken cancellationToken)
    {
        var words = new List<string>();
        using var context = new MemoryStream(await ArchiveAsync(new Dictionary<string, byte[]> { ["Dockerfile"] = Encoding.UTF8.GetBytes(Dockerfile) }));
        await _docker.Images.BuildImageFromDockerfileAsync(
            new ImageBuildParameters { Tags = [ImageName], Remove = true, ForceRemove = true, Version = "1" },
            context,
            null,
            null,
            new Progress<JSONMessage>(message =>
            {
                lock (words)
                {
                    words.Add(message.Stream ?? message.Error?.Message ?? "");
                }
            }),
            cancellationToken);
        if (await FindImageAsync(cancellationToken) is { } image)
        {
            return image;
        }

        lock (words)
        {
            throw new IOException($"The helper image {ImageName} cannot be built: {string.Concat(words.TakeLast(5))}");
        }
    }

    private static Task<byte[]> ArchiveAsync(string script, IReadOnlyDictionary<string, byte[]> files) =>
        ArchiveAsync(new Dictionary<string, byte[]>(files) { ["main.py"] = Encoding.UTF8.GetBytes(script) });

    private static async Task<byte[]> ArchiveAsync(Dictionary<string, byte[]> files)
    {
        using var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, TarEntryFormat.Gnu, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var data = new MemoryStream(content, writable: false);
                await writer.WriteEntryAsync(new GnuTarEntry(TarEntryType.RegularFile, name) { DataStream = data });
            }
        }

        return archive.ToArray();
    }
}

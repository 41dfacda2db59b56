using System.Net;
using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;
using Spark.Temporal.Activities.Archives;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.TaskPackages;

/// <summary>
/// Runs Python in a helper container: Debian's own interpreter, no network, no capability, nothing writable but a folder
/// in memory. The files travel over standard input, so the container's disk stays read-only from the start.
/// </summary>
public sealed class DockerPythonRunner : IPythonRunner, IDisposable
{
    /// <summary>
    /// Unpacks the files, runs the script, and writes its exit code behind a mark at the end of standard error: once the container
    /// is removed, the engine no longer knows the code. Without the mark the script was killed.
    /// </summary>
    private const string Loader = """
        import os, runpy, sys, tarfile, traceback
        with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as archive:
            archive.extractall("/work")
        os.chdir("/work")
        sys.path.insert(0, "/work")
        code = 0
        try:
            runpy.run_path("main.py", run_name="__main__")
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.write(f"\x1e{code}")
        """;

    private const char ExitMark = '\u001e';
    private const int Killed = 137;
    private const long MemoryBytes = 1024L * 1024 * 1024;
    private const int MostOutputBytes = 4 * 1024 * 1024;

    /// <summary>Added to the script's limit: after that the container ends by itself, even if its worker is gone.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(15);

    private readonly DockerClient _docker;
    private readonly PythonImage _image;

    /// <param name="endpoint">Address of the Docker engine; null for <c>DOCKER_HOST</c>, else the local one.</param>
    public DockerPythonRunner(string? endpoint = null)
    {
        endpoint ??= Environment.GetEnvironmentVariable("DOCKER_HOST");
        _docker = new DockerClientBuilder()
            .WithApiVersion(new System.Version(1, 41))
            .WithTimeout(Timeout.InfiniteTimeSpan)
            .WithEndpoint(new Uri(string.IsNullOrEmpty(endpoint) ? "unix:///var/run/docker.sock" : endpoint))
            .Build();
        _image = new PythonImage(_docker);
    }

    /// <summary>Value of the label <c>spark.helper</c>, which marks the containers of this runner.</summary>
    public string Owner { get; init; } = "python";

    public void Dispose()
    {
        _docker.Dispose();
        _image.Dispose();
    }

    /// <inheritdoc/>
    public async Task<PythonResult> RunAsync(
        string script, IReadOnlyDictionary<string, byte[]> files, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var image = await _image.GetAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        cancellationToken.ThrowIfCancellationRequested();
        var container = await CreateAsync(image, timeout);
        try
        {
            return await RunAsync(container, Archive(script, files), limit.Token);
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

    // Not cancellable: the engine would still create the container, and it would not be removed since its id is unknown.
    private async Task<string> CreateAsync(string image, TimeSpan timeout)
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
                    ["spark.helper"] = Owner,
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
            });
        return created.ID;
    }

    private async Task<PythonResult> RunAsync(string container, byte[] archive, CancellationToken cancellationToken)
    {
        using var stream = await _docker.Containers.AttachContainerAsync(
            container, new ContainerAttachParameters { Stream = true, Stdin = true, Stdout = true, Stderr = true }, cancellationToken);
        await _docker.Containers.StartContainerAsync(container, new ContainerStartParameters(), cancellationToken);
        var reading = ReadAsync(stream, cancellationToken);
        try
        {
            await stream.WriteAsync(archive, 0, archive.Length, cancellationToken);
            stream.CloseWrite();
        }
        catch (IOException)
        {
            // Python ended before it had read all of its input; what it wrote to its error output says why.
        }

        var (output, error) = await reading;
        var mark = error.LastIndexOf(ExitMark);
        return mark >= 0 && int.TryParse(error.AsSpan(mark + 1), out var exitCode)
            ? new PythonResult(exitCode, output, error[..mark])
            : new PythonResult(Killed, output, error);
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

    private static byte[] Archive(string script, IReadOnlyDictionary<string, byte[]> files) => TarPacker.Bytes(packer =>
    {
        packer.File("main.py", script);
        foreach (var (name, content) in files.Where(file => file.Key != "main.py"))
        {
            packer.File(name, content);
        }
    });
}

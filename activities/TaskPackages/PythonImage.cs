using System.Net;
using System.Security.Cryptography;
using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;
using Spark.Temporal.Activities.Failures;
using Spark.Temporal.Activities.Archives;

namespace Spark.Temporal.Activities.TaskPackages;

/// <summary>The helper image with Debian's Python, built once for each engine.</summary>
internal sealed class PythonImage(DockerClient docker) : IDisposable
{
    /// <summary>What the helper image is built from; its hash names the image.</summary>
    private const string Dockerfile = """
        FROM debian:bookworm-slim
        RUN apt-get update && apt-get install -y --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*

        """;

    private readonly SemaphoreSlim _building = new(1);
    private string? _image;

    /// <summary>Name of the image.</summary>
    public static string Name { get; } =
        $"spark-python:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Dockerfile)))[..12]}";

    public void Dispose() => _building.Dispose();

    /// <summary>Id of the image, built when this engine has none yet.</summary>
    public async Task<string> GetAsync(CancellationToken cancellationToken)
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
            return (await docker.Images.InspectImageAsync(Name, cancellationToken)).ID;
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task<string> BuildImageAsync(CancellationToken cancellationToken)
    {
        var words = new List<string>();
        using var context = new MemoryStream(TarPacker.Bytes(packer => packer.File("Dockerfile", Dockerfile)), writable: false);
        await docker.Images.BuildImageFromDockerfileAsync(
            new ImageBuildParameters { Tags = [Name], Remove = true, ForceRemove = true, Version = "1" },
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
            throw EngineFailures.Unavailable(new InvalidOperationException($"the helper image {Name} cannot be built: {string.Concat(words.TakeLast(5)).Trim()}"));
        }
    }
}

using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Spark.Temporal.Tests.Support;

/// <summary>Removes images that a test made, and sees what runs of them.</summary>
internal sealed class TestImages : IDisposable
{
    private readonly DockerClient _client = new DockerClientBuilder().WithApiVersion(new System.Version(1, 41)).WithTimeout(Timeout.InfiniteTimeSpan).Build();

    public async Task RemoveAsync(string image)
    {
        try
        {
            await _client.Images.DeleteImageAsync(image, new ImageDeleteParameters { Force = true });
        }
        catch (DockerApiException gone) when (gone.StatusCode == HttpStatusCode.NotFound)
        {
            // A test of a failing build leaves none.
        }
    }

    /// <summary>Commands of all containers that run now, those of builds included.</summary>
    public async Task<IReadOnlyList<string>> CommandsAsync() =>
        [.. (await _client.Containers.ListContainersAsync(new ContainersListParameters())).Select(container => container.Command)];

    public void Dispose() => _client.Dispose();
}

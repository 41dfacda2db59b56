using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Spark.Temporal.Starter.Doctor;

/// <summary>Asks the Docker engine the two things that a run depends on, over its socket.</summary>
internal static class DockerProbe
{
    private const string BaseImage = "debian:bookworm-slim";

    // The oldest API that the worker speaks.
    private static readonly Version Oldest = new(1, 41);

    public static async Task<IReadOnlyList<Finding>> RunAsync(string? dockerHost, CancellationToken cancellationToken)
    {
        const string remedy = "run infra/setup.sh, or start the engine and set DOCKER_HOST if it is not at /var/run/docker.sock";
        var endpoint = string.IsNullOrEmpty(dockerHost) ? "unix:///var/run/docker.sock" : dockerHost;
        using var http = Client(endpoint);
        try
        {
            using var answer = JsonDocument.Parse(await http.GetStringAsync("/version", cancellationToken));
            var engine = answer.RootElement.GetProperty("Version").GetString();
            var api = answer.RootElement.GetProperty("ApiVersion").GetString()!;
            var found = new List<Finding>
            {
                Version.Parse(api) >= Oldest
                    ? new("docker", Verdict.Ok, $"engine {engine}, API {api}")
                    : new("docker", Verdict.Missing, $"engine {engine} speaks API {api}", $"install an engine with API {Oldest} or later"),
            };
            using var image = await http.GetAsync($"/images/{BaseImage}/json", cancellationToken);
            found.Add(image.StatusCode == HttpStatusCode.OK
                ? new("base image", Verdict.Ok, BaseImage)
                : new("base image", Verdict.Warning, $"{BaseImage} is not here", $"docker pull {BaseImage}, or offline: infra/setup.sh makes it with debootstrap"));
            return found;
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or KeyNotFoundException or TaskCanceledException
            && !cancellationToken.IsCancellationRequested)
        {
            return [new("docker", Verdict.Missing, $"no engine answers at {endpoint}: {failure.GetBaseException().Message}", remedy)];
        }
    }

    private static HttpClient Client(string endpoint)
    {
        var handler = new SocketsHttpHandler();
        if (endpoint.StartsWith("unix://", StringComparison.Ordinal))
        {
            var path = endpoint["unix://".Length..];
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
            endpoint = "http://docker";
        }

        return new HttpClient(handler)
        {
            BaseAddress = new Uri(endpoint.Replace("tcp://", "http://", StringComparison.Ordinal)),
            Timeout = TimeSpan.FromSeconds(5),
        };
    }
}

using System.Net.Sockets;
using System.Text.Json;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Sizes of volumes, as the engine counts them. Its client library does not read that answer of older engines.</summary>
internal sealed class VolumeUsage : IDisposable
{
    private readonly HttpClient _client;

    public VolumeUsage(Uri engine, Version api)
    {
        var handler = new SocketsHttpHandler();
        if (engine.Scheme == "unix")
        {
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(engine.LocalPath), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch (Exception)
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        var authority = engine.Scheme == "unix" ? "engine" : engine.Authority;
        _client = new HttpClient(handler) { BaseAddress = new Uri($"{(engine.Scheme == "https" ? "https" : "http")}://{authority}/v{api}/"), Timeout = TimeSpan.FromSeconds(20) };
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Bytes in some volumes together; 0 where the engine does not tell now.</summary>
    public async Task<long> BytesAsync(IReadOnlySet<string> names, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(names, cancellationToken);
        }
        catch (Exception slow) when (slow is HttpRequestException or IOException || (slow is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It counts other volumes too, and may wait for another container. The next look asks again.
            return 0;
        }
    }

    private async Task<long> AskAsync(IReadOnlySet<string> names, CancellationToken cancellationToken)
    {
        using var response = await _client.GetAsync("system/df?type=volume", cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            // Only one at a time may ask.
            return 0;
        }

        using var usage = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(cancellationToken));
        return !usage.RootElement.TryGetProperty("Volumes", out var volumes) || volumes.ValueKind != JsonValueKind.Array ? 0
            : volumes.EnumerateArray().Where(volume => volume.GetProperty("Name").GetString() is { } name && names.Contains(name)).Sum(Size);
    }

    private static long Size(JsonElement volume) =>
        volume.TryGetProperty("UsageData", out var usage) && usage.ValueKind == JsonValueKind.Object ? Math.Max(0, usage.GetProperty("Size").GetInt64()) : 0;
}

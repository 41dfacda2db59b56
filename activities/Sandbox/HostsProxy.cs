using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// The only way out of an allowlisted network: a proxy for HTTP and HTTPS that lets listed hosts pass. The list travels in the proxy's address, signed,
/// so that it survives a restart of the worker and no container can write one of its own.
/// </summary>
internal sealed class HostsProxy(IContainerGateway gateway, SandboxOptions options, ILogger<HostsProxy> logger) : IDisposable, IResumed
{
    /// <summary>The engine's network without a way out in which it is reached.</summary>
    public const string Network = "spark-allowlist";

    private const int MostHeadBytes = 64 * 1024;
    private static readonly TimeSpan HeadTime = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly CancellationTokenSource _ending = new();
    private TcpListener? _listener;
    private byte[] _secret = [];
    private string _reached = "";

    /// <summary>Variables with which programs in a container find it.</summary>
    /// <param name="hosts">Hosts that they may reach.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public async Task<IReadOnlyList<string>> VariablesAsync(IReadOnlyList<string> hosts, CancellationToken cancellationToken)
    {
        var address = await AddressAsync(hosts, cancellationToken);
        return
        [
            .. ((string[])["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]).Select(name => $"{name}={address}"),
            "no_proxy=localhost,127.0.0.1", "NO_PROXY=localhost,127.0.0.1",
        ];
    }

    /// <summary>Starts where a container of before a restart may still need it.</summary>
    public Task ResumeAsync(CancellationToken cancellationToken) => File.Exists(PortFile) ? EnsureUpAsync(cancellationToken) : Task.CompletedTask;

    public void Dispose()
    {
        _ending.Cancel();
        _listener?.Dispose();
        _starting.Dispose();
    }

    /// <summary>Its address for a list of hosts.</summary>
    internal async Task<string> AddressAsync(IReadOnlyList<string> hosts, CancellationToken cancellationToken)
    {
        await EnsureUpAsync(cancellationToken);
        var list = JsonSerializer.SerializeToUtf8Bytes(hosts);
        return $"http://{Convert.ToHexStringLower(list)}:{Convert.ToHexStringLower(HMACSHA256.HashData(_secret, list))}@{_reached}";
    }

    private string StateFolder => Path.Combine(options.StateFolder, "allowlist");

    private string PortFile => Path.Combine(StateFolder, "port");

    private async Task EnsureUpAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_listener is not null)
            {
                return;
            }

            await gateway.EnsureNetworkAsync(Network, closed: true, cancellationToken);
            var host = await gateway.GatewayAddressAsync(Network, cancellationToken) ?? throw new IOException($"The engine's network {Network} has no address of this host.");
            var folder = KeptText.Folder(StateFolder);
            _secret = KeptText.Secret(Path.Combine(folder, "secret"));

            // The same port as before a restart, so that containers find it again.
            var port = KeptText.Port(PortFile, IPAddress.Parse(host));
            _reached = $"{host}:{port}";
            var listener = new TcpListener(IPAddress.Parse(host), port);
            try
            {
                listener.Start();
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another worker of this state folder listens, and knows the same secret. The next container tries again.
                listener.Dispose();
                return;
            }

            _listener = listener;
            _ = Task.Run(() => AcceptAsync(listener), CancellationToken.None);
            logger.LogInformation("Proxy of allowlisted containers at {Address}", _reached);
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptSocketAsync(_ending.Token);
                _ = Task.Run(() => ServeAsync(client), CancellationToken.None);
            }
            catch (Exception over) when (over is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException refused)
            {
                logger.LogWarning(refused, "A connection to the proxy of allowlisted containers was not taken");
                await Task.Delay(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        await using (var near = new NetworkStream(client))
        {
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
                limit.CancelAfter(HeadTime);
                if (await ProxyRequestHead.ReadAsync(near, MostHeadBytes, limit.Token) is not { } head)
                {
                    return;
                }

                if (Hosts(head.Credentials) is not { } hosts)
                {
                    await SayAsync(near, "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"spark\"", "the proxy's address of this container names who may go where; use http_proxy as it is set");
                    return;
                }

                if (!AllowedHosts.Contains(hosts, head.Host, head.Port))
                {
                    await SayAsync(near, "403 Forbidden", $"{head.Host}:{head.Port} is not among the task's allowed_hosts");
                    return;
                }

                using var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await far.ConnectAsync(await ResolveAsync(head.Host, limit.Token), head.Port, limit.Token);
                }
                catch (Exception away) when (away is SocketException or OperationCanceledException)
                {
                    await SayAsync(near, "502 Bad Gateway", $"{head.Host}:{head.Port} cannot be reached: {away.Message}");
                    return;
                }

                limit.CancelAfter(Timeout.InfiniteTimeSpan);
                await using var beyond = new NetworkStream(far);
                if (head.IsTunnel)
                {
                    await near.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), limit.Token);
                }

                await beyond.WriteAsync(head.Forward, limit.Token);
                await Task.WhenAll(PumpAsync(near, beyond, far, limit.Token), PumpAsync(beyond, near, client, limit.Token));
            }
            catch (Exception broken) when (broken is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One of the two ends went away.
            }
        }
    }

    /// <summary>A listed name may be made to lead to this host: only an address that is listed itself may.</summary>
    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out var literal))
        {
            return [literal];
        }

        IPAddress[] open = [.. (await Dns.GetHostAddressesAsync(host, cancellationToken)).Where(address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal && !IsLinkLocal(address))];
        return open.Length > 0 ? open : throw new SocketException((int)SocketError.HostNotFound);
    }

    private static bool IsLinkLocal(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..];

    private IReadOnlyList<string>? Hosts((string Name, string Password)? credentials)
    {
        try
        {
            return credentials is { } given && Convert.FromHexString(given.Name) is var list
                && CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(_secret, list), Convert.FromHexString(given.Password))
                ? JsonSerializer.Deserialize<IReadOnlyList<string>>(list)
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static async Task SayAsync(NetworkStream near, string status, string why)
    {
        var body = Encoding.UTF8.GetBytes($"{why}\n");
        await near.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"));
        await near.WriteAsync(body);
    }

    private static async Task PumpAsync(NetworkStream from, NetworkStream to, Socket target, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(32 * 1024);
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            target.Shutdown(SocketShutdown.Send);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

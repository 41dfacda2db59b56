using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Spark.Temporal.Tests.EndToEnd.Faults;

/// <summary>The container engine at an address of its own. Closed, it refuses connections and cuts those that there are, as an engine does that restarts; its containers go on.</summary>
internal sealed class EngineGate : IDisposable
{
    private const string Engine = "/var/run/docker.sock";

    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly int _port;
    private TcpListener? _listener;

    public EngineGate()
    {
        Open();
        _port = ((IPEndPoint)_listener!.LocalEndpoint).Port;
    }

    /// <summary>Value of <c>DOCKER_HOST</c>.</summary>
    public string Address => $"tcp://127.0.0.1:{_port}";

    public void Open()
    {
        _listener = new TcpListener(IPAddress.Loopback, _port);
        _listener.Start();
        _ = AcceptAsync(_listener);
    }

    public void Close()
    {
        _listener?.Dispose();
        while (_sockets.TryTake(out var socket))
        {
            socket.Dispose();
        }
    }

    public void Dispose() => Close();

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptSocketAsync());
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Closed.
        }
    }

    private async Task ServeAsync(Socket near)
    {
        using var far = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _sockets.Add(near);
        _sockets.Add(far);
        try
        {
            await far.ConnectAsync(new UnixDomainSocketEndPoint(Engine));
            await Task.WhenAll(PumpAsync(near, far), PumpAsync(far, near));
        }
        catch (Exception over) when (over is SocketException or IOException or ObjectDisposedException)
        {
            // One end went away.
        }
        finally
        {
            near.Dispose();
        }
    }

    /// <summary>Half-closed is passed on: the engine ends what it attaches by that.</summary>
    private static async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[65536];
        int read;
        while ((read = await from.ReceiveAsync(buffer)) > 0)
        {
            for (var sent = 0; sent < read;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }
}

using System.Net;
using System.Net.Sockets;

namespace Spark.Temporal.Tests.EndToEnd.Faults;

/// <summary>
/// Stands between a worker and its server. Closed, it swallows what the worker sends: the worker has done its work and
/// cannot say so, which is the moment in which a kill loses the most.
/// </summary>
internal sealed class TcpGate : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _host;
    private readonly int _port;
    private volatile bool _closed;

    public TcpGate(string target)
    {
        (_host, _port) = (target.Split(':')[0], int.Parse(target.Split(':')[1]));
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public void Close() => _closed = true;

    public void Open() => _closed = false;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
            catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient near)
    {
        using (near)
        {
            try
            {
                using var far = new TcpClient();
                await far.ConnectAsync(_host, _port, _stop.Token);
                await Task.WhenAny(PumpAsync(near.GetStream(), far.GetStream(), gated: true), PumpAsync(far.GetStream(), near.GetStream(), gated: false));
            }
            catch (Exception over) when (over is OperationCanceledException or SocketException or IOException)
            {
                // One end went away, as killed processes do.
            }
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, bool gated)
    {
        var buffer = new byte[65536];
        int read;
        while ((read = await from.ReadAsync(buffer, _stop.Token)) > 0)
        {
            if (gated && _closed)
            {
                continue;
            }

            await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
    }
}

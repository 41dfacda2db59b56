using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Temporalio.Client;

namespace Spark.Temporal.Workers;

/// <summary>
/// Ends a worker that a command started for its own server, when that server or its state folder is gone: nobody else would, and it
/// would poll for ever. A server that <c>spark up</c> starts again is back before.
/// </summary>
internal sealed class EmbeddedWatchService(
    IOptions<WorkerOptions> options, ITemporalClient client, IHostApplicationLifetime host, ILogger<EmbeddedWatchService> logger) : BackgroundService
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    /// <summary>How long the server may be away.</summary>
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(10);

    /// <summary>How long activities may take to end then; nobody is there to take what they give.</summary>
    private static readonly TimeSpan End = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var folder = options.Value.EmbeddedIn;
        var server = client.Connection.Options.TargetHost!;
        var answered = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(Step);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var here = Directory.Exists(folder);
            if (here && await ListensAsync(server, stoppingToken))
            {
                answered = TimeProvider.System.GetTimestamp();
            }
            else if (!here || TimeProvider.System.GetElapsedTime(answered) > Away)
            {
                logger.LogError("{Gone} is gone; this worker was started for it and ends", here ? $"The server at {server}" : folder);
                ProcessEnd.After(End);
                host.StopApplication();
                return;
            }
        }
    }

    /// <summary>Whether something takes connections there; a server that is busy does.</summary>
    private static async Task<bool> ListensAsync(string server, CancellationToken cancellationToken)
    {
        var colon = server.LastIndexOf(':');
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Step);
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(server[..colon], int.Parse(server[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture), limit.Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // On this machine a connection is taken or refused at once; no answer is a machine under load.
            return true;
        }
    }
}

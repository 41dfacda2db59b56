using System.Net;
using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Wire;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.WorkflowService.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Servers;

/// <summary>Starts the development server as the settings say.</summary>
internal static class DevServer
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    /// <summary>Starts it and waits until it answers.</summary>
    /// <param name="folder">State folder.</param>
    /// <param name="settings">Ports and the rest.</param>
    /// <param name="output">Where progress is printed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="codecEndpoint">Codec server that decodes payloads for the web UI; null for none.</param>
    /// <param name="kept">Whether it ends with the last process that joined the folder; this one must have joined.</param>
    /// <param name="launched">Called when the server's process runs and does not answer yet, so that other things can start beside it; null for nothing.</param>
    /// <exception cref="CliException">A port is taken, or the server does not start; the log's last lines are in the message.</exception>
    public static async Task<UpRecord> StartAsync(
        StateFolder folder, DevSettings settings, CliOutput output, CancellationToken cancellationToken, string? codecEndpoint = null, bool kept = false,
        Action<UpRecord>? launched = null)
    {
        CheckFree(settings.Ip, settings.Port, "--port");
        CheckFree(settings.Ip, settings.UiPort, "--ui-port");
        var program = await ServerProgram.ObtainAsync(output, cancellationToken);
        folder.Make();
        var database = folder.Place(settings.DatabaseFile);
        Directory.CreateDirectory(Path.GetDirectoryName(database)!);
        IReadOnlyList<string> arguments =
        [
            "server", "start-dev",
            "--ip", settings.Ip,
            "--port", $"{settings.Port}",
            "--ui-port", $"{settings.UiPort}",
            "--db-filename", database,
            "--namespace", settings.Namespace,
            "--log-level", "error",
            .. codecEndpoint is null ? [] : (string[])["--ui-codec-endpoint", codecEndpoint],
            .. settings.ServerArguments(),
        ];
        var environment = new Dictionary<string, string?> { [LocalProcesses.ServerOf] = folder.Path };
        if (kept)
        {
            (program, arguments) = Keeper.With(folder, program, arguments, environment);
        }

        var server = DetachedProcess.Start(program, arguments, folder.ServerLog, environment);
        var record = new UpRecord
        {
            Server = server,
            Address = $"{settings.Ip}:{settings.Port}",
            Namespace = settings.Namespace,
            UiAddress = $"http://{settings.Ip}:{settings.UiPort}",
        };
        try
        {
            launched?.Invoke(record);
            await AnswersAsync(server, folder, settings, cancellationToken);
        }
        catch
        {
            await StopAsync(server);
            throw;
        }

        return record;
    }

    /// <summary>
    /// Ends a server that no worker and no command uses any more. What it has answered is in its database, so it need not be waited for until it has
    /// closed everything, which takes it a second.
    /// </summary>
    public static Task EndAsync(ProcessMark server) => server.StopAsync(ProcessMark.Kill, TimeSpan.FromSeconds(5));

    public static Task StopAsync(ProcessMark server) => server.StopAsync(ProcessMark.Interrupt, TimeSpan.FromSeconds(5));

    /// <summary>A port on which nothing listens.</summary>
    /// <remarks>
    /// It is not chosen by the system, which gives the same ports to outgoing connections. A worker that reconnects again and
    /// again while its server is down would at some time connect to itself, and keep the server from coming back.
    /// </remarks>
    public static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            if (IsFree(IPAddress.Loopback, port))
            {
                return port;
            }
        }
    }

    private static async Task AnswersAsync(ProcessMark server, StateFolder folder, DevSettings settings, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(StartPatience);
        var client = TemporalClient.CreateLazy(new($"{settings.Ip}:{settings.Port}") { Namespace = settings.Namespace });
        while (true)
        {
            try
            {
                await client.WorkflowService.UpdateNamespaceAsync(
                    new UpdateNamespaceRequest
                    {
                        Namespace = settings.Namespace,
                        Config = new() { WorkflowExecutionRetentionTtl = Duration.FromTimeSpan(TimeSpan.FromDays(settings.RetentionDays)) },
                    },
                    new() { CancellationToken = patience.Token, Retry = false, Timeout = TimeSpan.FromSeconds(5) });
                await client.CountWorkflowsAsync(
                    $"{SearchAttributes.Batch.Name} = 'none'", new() { Rpc = new() { CancellationToken = patience.Token, Retry = false } });
                return;
            }
            catch (Exception notYet) when (notYet is RpcException or InvalidOperationException && server.IsAlive && !patience.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                throw new CliException($"the development server does not start; {folder.ServerLog} ends with:\n{DetachedProcess.Tail(folder.ServerLog)}");
            }
        }
    }

    private static bool IsFree(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static void CheckFree(string ip, int port, string option)
    {
        if (!IsFree(IPAddress.TryParse(ip, out var address) ? address : IPAddress.Loopback, port))
        {
            throw new CliException(
                $"port {port} is taken; give another one with {option} or in {DevSettings.FileName}, or use the server there with TEMPORAL_ADDRESS={ip}:{port}");
        }
    }
}

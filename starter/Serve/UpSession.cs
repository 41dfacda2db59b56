using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Configuration;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Wire;
using Spark.Temporal.Wire.Encryption;

namespace Spark.Temporal.Starter.Serve;

/// <summary>What <c>spark up</c> keeps running: a server and a worker, each in a process of its own.</summary>
internal sealed class UpSession(StateFolder folder, DevSettings settings, CliOutput output, bool json)
{
    /// <summary>More than any setting lets model calls in flight take: the worker ends by itself.</summary>
    private static readonly TimeSpan WorkerPatience = TimeSpan.FromSeconds(3700);

    private readonly int _healthPort = DevServer.FreePort();
    private readonly EncryptionKeys? _keys = KeyFiles.FromEnvironment();
    private CodecServer? _codec;
    private bool _announced;

    /// <summary>Runs until cancelled, then stops the worker and after it the server.</summary>
    /// <exception cref="CliException">A server runs here already, or the server does not start.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        WorkerProcess.Find();
        await using var codec = _codec = StartCodec();
        try
        {
            await StartAsync(cancellationToken);
        }
        catch
        {
            folder.Leave();
            throw;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var server = new Supervisor().RunAsync(KeepServerAsync, (wait, problem) => Note("server", folder.ServerLog, wait, problem), stop.Token);
        var worker = new Supervisor().RunAsync(KeepWorkerAsync, (wait, problem) => Note("worker", folder.WorkerLog, wait, problem), stop.Token);
        try
        {
            await await Task.WhenAny(server, worker);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            output.Note("Stopping. The worker stops first and lets model calls in flight end; Ctrl-C again ends it at once.");
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(server, worker).ContinueWith(_ => { }, TaskScheduler.Default);
            await StopAsync();
        }
    }

    /// <summary>
    /// With keys, the browser needs a codec server. It listens on this machine's own address, independent of the server's.
    /// </summary>
    private CodecServer? StartCodec() => _keys is null ? null : CodecServer.Start(new CodecServerOptions
    {
        Keys = _keys,
        Port = settings.CodecPort,
        Origins = CodecServerOptions.LocalUi(settings.Ip, settings.UiPort),
    });

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        using var held = await folder.LockAsync(cancellationToken);
        var left = folder.Read();
        if (left?.Owner is { } owner)
        {
            throw new CliException($"spark up already runs here (process {owner.Pid}); its server is at {left.Address}, its UI at {left.UiAddress}");
        }

        if (left is not null && folder.Users() is [var user, ..])
        {
            throw new CliException($"a command (process {user}) uses the server of this folder; start spark up after it has ended");
        }

        // A server that a killed command left running is stopped: it may listen on other ports.
        if ((left?.Worker ?? folder.StrayWorker()) is { } worker)
        {
            await WorkerProcess.StopAsync(worker, FolderStop.WorkerPatience);
        }

        if (left is not null)
        {
            await DevServer.StopAsync(left.Server);
        }

        folder.Join();
        folder.Write(await StartServerAsync(cancellationToken));
    }

    private async Task<UpRecord> StartServerAsync(CancellationToken cancellationToken) =>
        await DevServer.StartAsync(folder, settings, output, cancellationToken, _codec?.Endpoint, kept: true) with { Owner = ProcessMark.Self };

    private async Task<Task> KeepServerAsync(CancellationToken cancellationToken)
    {
        folder.CheckJoined();
        if (folder.Read() is { } running)
        {
            return running.Server.ExitedAsync(cancellationToken);
        }

        var worker = folder.StrayWorker();
        var record = await StartServerAsync(cancellationToken) with { Worker = worker };
        folder.Write(record);
        return record.Server.ExitedAsync(cancellationToken);
    }

    private Task<Task> KeepWorkerAsync(CancellationToken cancellationToken)
    {
        folder.CheckJoined();
        if (folder.Read() is not { } record)
        {
            throw new CliException("the server is not up");
        }

        var worker = record.Worker ?? WorkerProcess.Start(folder, record, _healthPort);
        folder.Write(record with { Worker = worker });
        Announce(record, worker);
        return Task.FromResult(worker.ExitedAsync(cancellationToken));
    }

    private async Task StopAsync()
    {
        if (!Directory.Exists(folder.Path))
        {
            await new FolderStop(folder).StopAsync(now: false, _ => { }, CancellationToken.None);
            return;
        }

        using var held = await folder.LockAsync(CancellationToken.None);
        var record = folder.Read();
        if ((record?.Worker ?? folder.StrayWorker()) is { } worker)
        {
            await WorkerProcess.StopAsync(worker, WorkerPatience);
        }

        if (record is not null)
        {
            await DevServer.StopAsync(record.Server);
        }

        folder.Forget();
        folder.Leave();
    }

    private void Announce(UpRecord record, ProcessMark worker)
    {
        if (_announced)
        {
            return;
        }

        _announced = true;
        var health = $"http://127.0.0.1:{_healthPort}/health";
        if (json)
        {
            output.Json(new
            {
                record.Address,
                record.Namespace,
                record.UiAddress,
                HealthAddress = health,
                CodecEndpoint = _codec?.Endpoint,
                ServerPid = record.Server.Pid,
                WorkerPid = worker.Pid,
                Logs = new[] { folder.ServerLog, folder.WorkerLog },
            });
            return;
        }

        output.Line($"server  {record.Address}, namespace {record.Namespace} (process {record.Server.Pid})");
        output.Line($"web UI  {record.UiAddress}");
        output.Line($"runs    {UiLinks.List(record.UiAddress, record.Namespace, UiLinks.Runs, UiLinks.ViewName)}");
        output.Line($"worker  process {worker.Pid}, {health}");
        if (_codec is not null)
        {
            output.Line($"codec   {_codec.Endpoint}; payloads are encrypted with key {_keys!.ActiveId}");
        }

        output.Line($"logs    {Path.GetDirectoryName(folder.WorkerLog)}");
        output.Line("Ctrl-C stops all of it; spark up goes on with every run.");
    }

    private void Note(string what, string log, TimeSpan wait, string? problem) =>
        output.Note($"The {what} ended{(problem is null ? "" : $" ({problem})")}; started again in {wait.TotalSeconds:0} s. Log: {log}");
}

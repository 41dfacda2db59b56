using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Servers;

/// <summary>
/// A development server and a worker that run while commands need them. Several commands in one folder share them; the last
/// one stops them, worker first. If it is killed instead, the <see cref="Keeper"/> does, unless another command comes before and takes
/// them over.
/// </summary>
internal sealed class EmbeddedServer : IAsyncDisposable
{
    private readonly StateFolder _folder;
    private readonly CancellationTokenSource _stop = new();
    private Task _supervision = Task.CompletedTask;

    private EmbeddedServer(StateFolder folder, UpRecord record)
    {
        _folder = folder;
        Record = record;
    }

    public UpRecord Record { get; }

    public static async Task<EmbeddedServer> OpenAsync(
        StateFolder folder, SessionOptions options, CliOutput output, CancellationToken cancellationToken)
    {
        if (options.NeedsWorker)
        {
            WorkerProcess.Find();
        }

        using var held = await folder.LockAsync(cancellationToken);
        folder.Join();
        var record = folder.Read();
        if (record is null)
        {
            ProcessMark? worker = null;
            try
            {
                if (folder.StrayWorker() is { } stray)
                {
                    await WorkerProcess.StopAsync(stray, FolderStop.WorkerPatience);
                }

                var settings = DevSettingsFile.Read(options.WorkingFolder) with { Port = DevServer.FreePort(), UiPort = DevServer.FreePort() };
                record = await DevServer.StartAsync(folder, settings, output, cancellationToken, kept: true, launched: started =>
                {
                    // Beside the server: a worker takes as long to start, and waits for it.
                    worker = options.NeedsWorker ? WorkerProcess.Start(folder, started, brief: true, awaits: true) : null;
                });
                folder.Write(record with { Worker = worker });
            }
            catch
            {
                if (worker is { } waiting)
                {
                    await WorkerProcess.StopAsync(waiting, FolderStop.WorkerPatience);
                }

                folder.Leave();
                throw;
            }
        }

        var server = new EmbeddedServer(folder, record);
        if (options.NeedsWorker)
        {
            server._supervision = new Supervisor().RunAsync(
                server.KeepWorkerAsync,
                (wait, problem) => output.Note($"The worker ended{(problem is null ? "" : $" ({problem})")}; started again in {wait.TotalSeconds:0} s. Log: {folder.WorkerLog}"),
                server._stop.Token);
        }

        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _supervision.ContinueWith(_ => { }, TaskScheduler.Default);
        _stop.Dispose();
        if (!Directory.Exists(_folder.Path))
        {
            // The record went with the folder.
            await new FolderStop(_folder).StopAsync(now: false, _ => { }, CancellationToken.None);
            await DevServer.StopAsync(Record.Server);
            return;
        }

        using var held = await _folder.LockAsync(CancellationToken.None);
        if (_folder.IsLastUser && _folder.Read() is { Owner: null } record)
        {
            if (record.Worker is { } worker)
            {
                await WorkerProcess.StopAsync(worker, FolderStop.WorkerPatience);
            }

            await DevServer.EndAsync(record.Server);
            _folder.Forget();
        }

        // Only now: should this process be killed before, its session says that there is something left to end.
        _folder.Leave();
    }

    /// <summary>Starts the worker unless another command's runs, and ends when it does.</summary>
    private async Task<Task> KeepWorkerAsync(CancellationToken cancellationToken)
    {
        _folder.CheckJoined();
        using var held = await _folder.LockAsync(cancellationToken);
        var worker = _folder.Read()?.Worker;
        if (worker is null)
        {
            worker = WorkerProcess.Start(_folder, Record, brief: true);
            _folder.Write(Record with { Worker = worker });
        }

        return worker.ExitedAsync(cancellationToken);
    }
}

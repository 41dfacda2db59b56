namespace Spark.Temporal.Starter.Servers;

/// <summary>Ends what a state folder runs: commands first, then worker, then server. Its state is kept.</summary>
internal sealed class FolderStop(StateFolder folder)
{
    /// <summary>How long a worker that nobody waits for may take to let its activities end.</summary>
    public static readonly TimeSpan WorkerPatience = TimeSpan.FromSeconds(8);

    /// <summary>Longer than a worker's model calls in flight may take by default.</summary>
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(180);

    /// <summary>Ends server and worker unless a command uses them.</summary>
    /// <returns>What was ended.</returns>
    public async Task<IReadOnlyList<LocalProcess>> StopUnusedAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder.Path))
        {
            return [];
        }

        using var held = await folder.LockAsync(cancellationToken);
        return folder.Users().Count > 0 ? [] : await StopRestAsync();
    }

    /// <summary>Ends everything, also the commands that use the server.</summary>
    /// <param name="now">Whether to end it without waiting for model calls in flight.</param>
    /// <param name="waiting">Told about each command before it is waited for.</param>
    /// <param name="cancellationToken">Gives up waiting for commands.</param>
    /// <returns>What was ended.</returns>
    public async Task<IReadOnlyList<LocalProcess>> StopAsync(bool now, Action<LocalProcess> waiting, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder.Path))
        {
            return await StopRestAsync();
        }

        List<LocalProcess> before = [.. Running()];
        List<LocalProcess> commands = [.. folder.Users().Select(ProcessMark.Of).OfType<ProcessMark>().Select(mark => new LocalProcess(LocalKind.Command, mark, folder.Path))];
        foreach (var command in commands)
        {
            waiting(command);
            command.Mark.Signal(now ? ProcessMark.Kill : ProcessMark.Terminate);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(CommandPatience);
        foreach (var command in commands)
        {
            try
            {
                await command.Mark.ExitedAsync(patience.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                command.Mark.Signal(ProcessMark.Kill);
                await command.Mark.ExitedAsync(CancellationToken.None);
            }
        }

        using var held = await folder.LockAsync(cancellationToken);
        var rest = await StopRestAsync();
        return [.. commands, .. before.UnionBy(rest, process => process.Mark)];
    }

    /// <summary>Servers and workers of the folder: those of its record, and what else runs for it.</summary>
    private IReadOnlyList<LocalProcess> Running()
    {
        var record = folder.Read();
        return
        [
            .. LocalProcesses.Of(folder.Path)
                .Concat((record?.Worker ?? folder.StrayWorker()) is { } worker ? [new LocalProcess(LocalKind.Worker, worker, folder.Path)] : [])
                .Concat(record is null ? [] : [new LocalProcess(LocalKind.Server, record.Server, folder.Path)])
                .DistinctBy(process => process.Mark)
                .OrderBy(process => process.Kind),
        ];
    }

    private async Task<IReadOnlyList<LocalProcess>> StopRestAsync()
    {
        var running = Running();
        await Task.WhenAll(running.Where(process => process.Kind == LocalKind.Worker).Select(process => process.Mark.StopAsync(ProcessMark.Terminate, WorkerPatience)));
        await Task.WhenAll(running.Where(process => process.Kind == LocalKind.Server).Select(process => DevServer.StopAsync(process.Mark)));
        folder.Forget();
        return running;
    }
}

using Spark.Temporal.Activities.Processes;
using System.Globalization;
using System.Text;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>What a command did, and the part of its output that is kept.</summary>
/// <param name="ExitCode">Exit code; 124 after a time-out, 137 when it was killed.</param>
/// <param name="DurationMs">How long it ran, in milliseconds (resolution 10).</param>
/// <param name="TimedOut">Whether its time-out ended it.</param>
/// <param name="Folder">The shell's folder afterwards.</param>
/// <param name="Head">Its output, up to a limit.</param>
/// <param name="Tail">The end of its output when there is more.</param>
/// <param name="OutputBytes">Bytes it wrote.</param>
internal sealed record CommandEnd(int ExitCode, long DurationMs, bool TimedOut, string Folder, byte[] Head, byte[] Tail, long OutputBytes)
{
    /// <summary>The exit code that the engine knows, where it is another one; null where it is the same or the engine knows none.</summary>
    public int? EngineCode { get; init; }
}

/// <summary>
/// One lasting connection to the agent's shell in a container. If it is lost, the shell and its command go on, and another
/// connection asks again under the same id.
/// </summary>
internal sealed class ShellConnection : IDisposable
{
    private static readonly TimeSpan KillGrace = TimeSpan.FromSeconds(10);

    private readonly IContainerProcess _process;
    private readonly ShellAnswers _answers;
    private readonly int _headBytes;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _reading;

    private ShellConnection(IContainerProcess process, string mark, int headBytes)
    {
        _process = process;
        _answers = new ShellAnswers(mark, (4 * headBytes) + 1024 * 1024);
        _headBytes = headBytes;
        _reading = Task.Run(() => _answers.ReadAsync(process, _closing.Token));
    }

    /// <summary>Whether it can still be used.</summary>
    public bool IsOpen => !_reading.IsCompleted && !_closing.IsCancellationRequested;

    /// <summary>Connects to a container's shell, and starts the shell if there is none.</summary>
    /// <param name="gateway">The engine.</param>
    /// <param name="container">Id of the container.</param>
    /// <param name="user">User the shell runs as; null for the image's.</param>
    /// <param name="workdir">Folder in which a new shell starts.</param>
    /// <param name="outputBytes">Bytes of output kept of a command.</param>
    /// <param name="cancellationToken">Ends the attempt to connect.</param>
    public static async Task<ShellConnection> OpenAsync(
        IContainerGateway gateway, string container, string? user, string workdir, int outputBytes, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> program = SandboxLabels.IsRoot(user ?? "") ? ["sh"] : await ShutProgram.MakeAsync(gateway, container, cancellationToken);
        var number = Guid.NewGuid().ToString("n");
        var mark = Guid.NewGuid().ToString("n");
        var half = outputBytes / 2;
        var process = await gateway.ExecAsync(
            container,
            new ExecSpec([.. program, $"{SandboxScripts.Root}/broker.sh", SandboxScripts.Commands, number, (half + 1).ToString(CultureInfo.InvariantCulture), workdir])
            {
                User = user,
                WorkingDirectory = "/",
                Environment = ["LC_ALL=C"],
                Input = true,
            },
            cancellationToken);
        var connection = new ShellConnection(process, mark, half);
        try
        {
            await connection.SendAsync($"{mark}\n", cancellationToken);
            await connection._answers.ToAsync("ready", number).WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs a command once under its id. If it has run already, its result is read; if it is running, it is awaited.</summary>
    /// <param name="id">Id of the command: letters, digits, dots and hyphens.</param>
    /// <param name="script">The command.</param>
    /// <param name="timeout">How long it may run, counted from its start, even if another connection started it.</param>
    /// <param name="beat">Called at least every two seconds with the end of the output so far; true kills the command.</param>
    /// <param name="cancellationToken">Ends the waiting, not the command.</param>
    /// <exception cref="IOException">The connection is lost.</exception>
    public async Task<CommandEnd> RunAsync(
        string id, string script, TimeSpan timeout, Func<byte[], Task<bool>> beat, CancellationToken cancellationToken)
    {
        var text = script.Replace("\0", "", StringComparison.Ordinal);
        var lines = 1 + text.Count(c => c == '\n');
        var answer = _answers.ToAsync("done", id);
        await SendAsync($"run {id} {lines}\n{text}\n", cancellationToken);

        var clock = TimeProvider.System.GetTimestamp();
        TimeSpan? killed = null;
        ShellAnswer reply;
        while (true)
        {
            var ran = TimeProvider.System.GetElapsedTime(clock) + TimeSpan.FromMilliseconds(_answers.ElapsedBefore(id));
            if (killed is null && ran >= timeout)
            {
                killed = ran;
                await SendAsync($"timeout {id}\n", cancellationToken);
            }

            if (killed is not null && ran > killed + KillGrace)
            {
                throw new IOException($"Command {id} does not end after it was killed.");
            }

            var wait = killed is null && timeout - ran < Heartbeats.Interval ? timeout - ran : Heartbeats.Interval;
            try
            {
                reply = await answer.WaitAsync(wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(1), cancellationToken);
                break;
            }
            catch (TimeoutException)
            {
                if (answer.IsCompleted)
                {
                    // The answer came in the same moment.
                    reply = await answer;
                    break;
                }

                if (await beat(_answers.SaidBy(id)))
                {
                    killed ??= ran;
                    await SendAsync($"kill {id}\n", cancellationToken);
                }

                await SendAsync($"poke {id}\n", cancellationToken);
            }
        }

        _answers.Forget(id);

        // exit code, milliseconds, why it ended, folder
        var words = reply.Words.Split(' ', 4);
        var head = reply.Output;
        byte[] tail = [];
        long size = head.Length;
        if (head.Length > _headBytes)
        {
            var rest = _answers.ToAsync("tail", id);
            await SendAsync($"tail {id} {_headBytes}\n", cancellationToken);
            var end = await rest.WaitAsync(cancellationToken);
            if (!long.TryParse(end.Words, CultureInfo.InvariantCulture, out size) || size <= _headBytes)
            {
                throw new IOException($"The length of the output of command {id} is not told.");
            }

            var kept = (int)Math.Min(end.Output.Length, size - _headBytes);
            head = head[.._headBytes];
            tail = end.Output[^kept..];
        }

        if (words.Length < 3 || !int.TryParse(words[0], CultureInfo.InvariantCulture, out var code) || !long.TryParse(words[1], CultureInfo.InvariantCulture, out var duration))
        {
            throw new IOException($"The end of command {id} is not told.");
        }

        return new CommandEnd(
            code, duration, words[2] == "timeout",
            words.Length > 3 ? words[3] : "/", head, tail, size);
    }

    public void Dispose()
    {
        _closing.Cancel();
        _process.Dispose();
    }

    private async Task SendAsync(string text, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            // Half a request would corrupt the next one, so a request that was begun is always written to its end.
            await _process.WriteAsync(Encoding.UTF8.GetBytes(text), _closing.Token);
        }
        catch (OperationCanceledException)
        {
            throw new IOException("The connection to the shell was closed.");
        }
        catch (ObjectDisposedException)
        {
            throw new IOException("The connection to the shell was closed.");
        }
        finally
        {
            _writing.Release();
        }
    }
}

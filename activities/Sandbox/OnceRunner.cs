using Spark.Temporal.Activities.Processes;
using System.Globalization;
using System.Text;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Runs something once beside the agent's shell: the oracle, the verifier, a healthcheck.</summary>
internal sealed class OnceRunner(IContainerGateway gateway, SandboxOptions options)
{
    /// <summary>Most seconds that what runs before a command may take.</summary>
    public const double BeforeSec = 60;

    private const double GraceSec = 15;

    /// <summary>Runs a command once under a folder; later calls await or read the same run.</summary>
    /// <param name="container">Id of the container.</param>
    /// <param name="spec">User, folder, variables, and the command.</param>
    /// <param name="folder">Folder of the run.</param>
    /// <param name="timeoutSec">Seconds it may take.</param>
    /// <param name="before">A shell command run first, in the same process; null for none.</param>
    /// <param name="beat">Called every two seconds.</param>
    /// <param name="cancellationToken">Ends the waiting, not the command.</param>
    public async Task<CommandEnd> RunAsync(
        string container, ExecSpec spec, string folder, double timeoutSec, string? before, Action beat, CancellationToken cancellationToken)
    {
        var half = options.OutputBytes / 2;
        IReadOnlyList<string> once =
        [
            "sh", "-c", SandboxScripts.Whole("once"), "spark-once", folder,
            Math.Max(1, Math.Ceiling(timeoutSec)).ToString(CultureInfo.InvariantCulture), half.ToString(CultureInfo.InvariantCulture),
            .. spec.Command,
        ];
        var command = before is null ? once : ["sh", "-c", $"{before}\nexec \"$@\"", "sh", .. once];
        using var process = await gateway.ExecAsync(container, spec with { Command = command }, cancellationToken);
        // Its own clock can be stopped with it, by whoever is its user in there.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(TimeSpan.FromSeconds(timeoutSec + (before is null ? 0 : BeforeSec) + GraceSec));
        byte[] output;
        try
        {
            output = await Heartbeats.WhileAsync(ReadToEndAsync(process, options.OutputBytes + 4096, over.Token).WaitAsync(over.Token), beat, cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UnreportedException($"the command of {folder} reports nothing though its time is over");
        }

        var end = Parse(output, half, folder);
        var told = await process.ExitCodeAsync(cancellationToken);
        return told >= 0 && told != end.ExitCode ? end with { EngineCode = (int)told } : end;
    }

    /// <summary>The shell command that runs something once as <see cref="RunAsync"/> does, and ends the shell where it fails.</summary>
    public static string Inline(IReadOnlyList<string> command, string folder, double timeoutSec) =>
        $"""
        sh -c {Quoted(SandboxScripts.Whole("once"))} spark-once {folder} {timeoutSec.ToString(CultureInfo.InvariantCulture)} 1024 {string.Join(' ', command.Select(Quoted))} > /dev/null
        IFS=' ' read -r code rest < {folder}/code
        if [ "$code" != 0 ]; then cat {folder}/output; exit 1; fi
        """;

    private static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static async Task<byte[]> ReadToEndAsync(IContainerProcess process, int most, CancellationToken cancellationToken)
    {
        using var held = new MemoryStream();
        var buffer = new byte[65536];
        int read;
        while ((read = await process.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (held.Length + read <= most)
            {
                held.Write(buffer, 0, read);
            }
        }

        return held.ToArray();
    }

    private const int MostLinesBehind = 32;

    private static CommandEnd Parse(byte[] output, int half, string folder)
    {
        // The last line of its kind is ours: exit code, milliseconds, why it ended, bytes of output. Behind it may stand what a broken loader says of our own programs.
        var body = output.AsSpan().TrimEnd((byte)'\n');
        int line;
        var (code, ran, why, size) = (0, 0L, "", 0L);
        for (var left = MostLinesBehind; ; left--, body = body[..line])
        {
            line = body.LastIndexOf((byte)'\n');
            if (line < 0 || left == 0)
            {
                throw new UnreportedException($"The command of {folder} ended without reporting its result: {Encoding.UTF8.GetString(output.AsSpan(0, Math.Min(output.Length, 500))).Trim()}");
            }

            var words = Encoding.UTF8.GetString(body[(line + 1)..]).Split(' ');
            if (words.Length == 4 && int.TryParse(words[0], out code) && long.TryParse(words[1], out ran) && long.TryParse(words[3], out size))
            {
                why = words[2];
                break;
            }
        }

        var kept = output[..line];
        return size <= half * 2L
            ? new CommandEnd(code, ran, why == "timeout", "/", kept, [], size)
            : new CommandEnd(code, ran, why == "timeout", "/", kept[..Math.Min(half, kept.Length)], kept[Math.Min(half, kept.Length)..], size);
    }
}

/// <summary>
/// A command of ours did not report its end though the engine ran it: what it needs of the container (its shell, its loader, its processes, its folders) does not
/// work. That is the doing of whoever worked in there.
/// </summary>
internal sealed class UnreportedException(string message) : IOException(message);

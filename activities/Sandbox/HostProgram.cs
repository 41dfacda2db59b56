using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Spark.Temporal.Activities.Processes;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Programs of Docker's on this host, for what its engine's interface does not offer.</summary>
/// <param name="options">The host's settings.</param>
/// <param name="client">Docker's client, where it is not the one in the search path.</param>
internal sealed class HostProgram(SandboxOptions options, string? client = null)
{
    /// <summary>Characters of output that are kept, from its end.</summary>
    private const int MostOutput = 1_000_000;

    /// <summary>What of the worker's variables they get. No other: a compose file can read all that it gets.</summary>
    private static readonly string[] Passed = ["PATH", "HOME", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "TMPDIR"];

    /// <summary>Runs a program to its end.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="folder">Folder in which it runs.</param>
    /// <param name="variables">More variables.</param>
    /// <param name="beat">Called while it runs.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <param name="input">What it reads; null for nothing.</param>
    /// <param name="output">Takes output and errors as they come; null where their last part is enough.</param>
    /// <exception cref="Win32Exception">There is no such program.</exception>
    public async Task<ProgramEnd> RunAsync(
        IReadOnlyList<string> command, string folder, IReadOnlyDictionary<string, string> variables, Action beat, CancellationToken cancellationToken, Stream? input = null, Action<string>? output = null)
    {
        var start = new ProcessStartInfo(client is not null && command[0] == "docker" ? client : command[0], command.Skip(1))
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var name in Passed)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                start.Environment[name] = value;
            }
        }

        if (options.DockerEndpoint is { } endpoint)
        {
            start.Environment["DOCKER_HOST"] = endpoint;
        }

        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new IOException($"{command[0]} does not start.");
        var printed = ReadAsync(process.StandardOutput, output);
        var errors = ReadAsync(process.StandardError, output);
        try
        {
            await Heartbeats.WhileAsync(EndAsync(process, input, cancellationToken), beat, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new ProgramEnd(process.ExitCode, await printed, await errors);
    }

    /// <summary>The same where it may be missing.</summary>
    /// <returns>Null where there is no such program.</returns>
    public async Task<ProgramEnd?> TryAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(command, Path.GetTempPath(), new Dictionary<string, string>(), () => { }, cancellationToken);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static async Task<bool> EndAsync(Process process, Stream? input, CancellationToken cancellationToken)
    {
        try
        {
            if (input is not null)
            {
                await input.CopyToAsync(process.StandardInput.BaseStream, cancellationToken);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read all; its exit code and errors say why.
        }

        await process.WaitForExitAsync(cancellationToken);
        return true;
    }

    private static async Task<string> ReadAsync(StreamReader reader, Action<string>? output)
    {
        var kept = new StringBuilder();
        var buffer = new char[8192];
        int read;
        while ((read = await reader.ReadAsync(buffer)) > 0)
        {
            output?.Invoke(new string(buffer, 0, read));
            kept.Append(buffer, 0, read);
            if (kept.Length > MostOutput * 2)
            {
                kept.Remove(0, kept.Length - MostOutput);
            }
        }

        return kept.ToString();
    }
}

/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Errors">What it printed as errors and progress.</param>
internal sealed record ProgramEnd(int ExitCode, string Output, string Errors);

using System.Diagnostics;
using System.Text;
using Spark.Temporal.Activities.Processes;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>The engine's own compose, as a program of this host: <c>docker-compose</c>, else <c>docker compose</c>.</summary>
internal sealed class ComposeClient(SandboxOptions options)
{
    /// <summary>Characters of output that are kept, from its end.</summary>
    private const int MostOutput = 1_000_000;

    /// <summary>What of the worker's variables it gets. No other: a compose file can read all that it gets.</summary>
    private static readonly string[] Passed = ["PATH", "HOME", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "TMPDIR"];

    private IReadOnlyList<string>? _program;

    /// <summary>Runs one command of compose.</summary>
    /// <param name="arguments">Arguments after the program's name.</param>
    /// <param name="folder">Folder in which it runs.</param>
    /// <param name="variables">Variables that a compose file may read.</param>
    /// <param name="beat">Called while it runs.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <returns>Exit code, output and errors.</returns>
    public async Task<ComposeEnd> RunAsync(
        IReadOnlyList<string> arguments, string folder, IReadOnlyDictionary<string, string> variables, Action beat, CancellationToken cancellationToken)
    {
        _program ??= await FindAsync(cancellationToken);
        return await StartedAsync([.. _program, .. arguments], folder, variables, beat, cancellationToken);
    }

    private async Task<IReadOnlyList<string>> FindAsync(CancellationToken cancellationToken)
    {
        foreach (var program in (IReadOnlyList<string>[])[["docker-compose"], ["docker", "compose"]])
        {
            try
            {
                var end = await StartedAsync([.. program, "version", "--short"], Path.GetTempPath(), new Dictionary<string, string>(), () => { }, cancellationToken);
                if (end.ExitCode == 0 && !end.Output.TrimStart().StartsWith("1.", StringComparison.Ordinal))
                {
                    return program;
                }
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // There is no such program.
            }
        }

        throw SandboxFailures.Start(
            "environment/docker-compose.yaml has several services, and this host has no compose to run them; install Docker's compose plugin (version 2), so that 'docker compose version' works for the worker.");
    }

    private async Task<ComposeEnd> StartedAsync(
        List<string> command, string folder, IReadOnlyDictionary<string, string> variables, Action beat, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
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

        // Without a client for BuildKit, compose builds by the engine's classic builder.
        start.Environment["COMPOSE_ANSI"] = "never";
        start.Environment["COMPOSE_PROGRESS"] = "plain";
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new IOException($"{command[0]} does not start.");
        process.StandardInput.Close();
        var output = ReadAsync(process.StandardOutput);
        var errors = ReadAsync(process.StandardError);
        try
        {
            await Heartbeats.WhileAsync(EndAsync(process, cancellationToken), beat, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new ComposeEnd(process.ExitCode, await output, await errors);
    }

    private static async Task<bool> EndAsync(Process process, CancellationToken cancellationToken)
    {
        await process.WaitForExitAsync(cancellationToken);
        return true;
    }

    private static async Task<string> ReadAsync(StreamReader reader)
    {
        var kept = new StringBuilder();
        var buffer = new char[8192];
        int read;
        while ((read = await reader.ReadAsync(buffer)) > 0)
        {
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
internal sealed record ComposeEnd(int ExitCode, string Output, string Errors);

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>The engine's own compose, as a program of this host: <c>docker-compose</c>, else <c>docker compose</c>.</summary>
internal sealed class ComposeClient(HostProgram programs)
{
    private IReadOnlyList<string>? _program;

    /// <summary>Runs one command of compose.</summary>
    /// <param name="arguments">Arguments after the program's name.</param>
    /// <param name="folder">Folder in which it runs.</param>
    /// <param name="variables">Variables that a compose file may read.</param>
    /// <param name="beat">Called while it runs.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <returns>Exit code, output and errors.</returns>
    public async Task<ProgramEnd> RunAsync(
        IReadOnlyList<string> arguments, string folder, IReadOnlyDictionary<string, string> variables, Action beat, CancellationToken cancellationToken)
    {
        _program ??= await FindAsync(cancellationToken);

        // Without a client for BuildKit, compose builds by the engine's classic builder.
        var all = new Dictionary<string, string>(variables);
        all.TryAdd("COMPOSE_ANSI", "never");
        all.TryAdd("COMPOSE_PROGRESS", "plain");
        return await programs.RunAsync([.. _program, .. arguments], folder, all, beat, cancellationToken);
    }

    private async Task<IReadOnlyList<string>> FindAsync(CancellationToken cancellationToken)
    {
        foreach (var program in (IReadOnlyList<string>[])[["docker-compose"], ["docker", "compose"]])
        {
            if (await programs.TryAsync([.. program, "version", "--short"], cancellationToken) is { ExitCode: 0 } end && !end.Output.TrimStart().StartsWith("1.", StringComparison.Ordinal))
            {
                return program;
            }
        }

        throw SandboxFailures.Start(
            "environment/docker-compose.yaml has several services, and this host has no compose to run them; install Docker's compose plugin (version 2), so that 'docker compose version' works for the worker.");
    }
}

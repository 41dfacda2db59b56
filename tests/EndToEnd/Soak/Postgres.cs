using System.Diagnostics;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.EndToEnd.Soak;

/// <summary>A PostgreSQL cluster of its own in a temporary folder, on a free port.</summary>
internal sealed class Postgres : IAsyncDisposable
{
    /// <summary>PostgreSQL refuses to run as root; Debian's package makes this user.</summary>
    private const string User = "postgres";

    private readonly string _folder;
    private readonly ProcessMark _server;

    private Postgres(string folder, int port, ProcessMark server) => (_folder, Port, _server) = (folder, port, server);

    public int Port { get; }

    /// <summary>Whether the programs are on this machine.</summary>
    public static bool IsThere => Programs() is not null;

    /// <summary>Skips the test where the programs are missing.</summary>
    public static void Require()
    {
        if (!IsThere)
        {
            Requires.Missing("no PostgreSQL server programs; install the package postgresql");
        }
    }

    public static async Task<Postgres> StartAsync()
    {
        var programs = Programs()!;

        // Not below a folder of the test: that one belongs to whoever runs the tests, and this to the database's user.
        var folder = Directory.CreateTempSubdirectory("spark-postgres-").FullName;
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", User, folder);
        }

        var port = DevServer.FreePort();
        await RunAsync(As(Path.Combine(programs, "initdb"), "--pgdata", Path.Combine(folder, "data"), "--username", User, "--auth", "trust", "--encoding", "UTF8", "--locale", "C"));
        var server = DetachedProcess.Start(
            Environment.IsPrivilegedProcess ? "setpriv" : Path.Combine(programs, "postgres"),
            [
                .. Environment.IsPrivilegedProcess ? ["--reuid", User, "--regid", User, "--init-groups", Path.Combine(programs, "postgres")] : Array.Empty<string>(),
                "-D", Path.Combine(folder, "data"), "-p", $"{port}", "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200",

                // Nobody cuts the power: what the server has committed survives the kills without the disk's word for it.
                "-c", "fsync=off", "-c", "full_page_writes=off",
            ],
            Path.Combine(Path.GetTempPath(), $"{Path.GetFileName(folder)}.log"));
        var postgres = new Postgres(folder, port, server);
        try
        {
            await Eventually.PassesAsync(() => RunAsync(Path.Combine(programs, "pg_isready"), "-h", "127.0.0.1", "-p", $"{port}"), TimeSpan.FromSeconds(90));
            return postgres;
        }
        catch
        {
            await postgres.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Its immediate stop: there is nothing in it that anybody needs.
        await _server.StopAsync(signal: 3, TimeSpan.FromSeconds(20));
        Directory.Delete(_folder, recursive: true);
        File.Delete(Path.Combine(Path.GetTempPath(), $"{Path.GetFileName(_folder)}.log"));
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed; its output is in the message.</exception>
    public static async Task RunAsync(params IReadOnlyList<string> command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath(),
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)}: exit code {process.ExitCode}: {await output}{error}");
        }
    }

    private static string[] As(params string[] command) =>
        Environment.IsPrivilegedProcess ? ["setpriv", "--reuid", User, "--regid", User, "--init-groups", .. command] : command;

    /// <summary>
    /// Folder of the newest server's programs, which Debian leaves off PATH; elsewhere the one that PATH leads to. Null when
    /// there is none.
    /// </summary>
    private static string? Programs()
    {
        const string Debian = "/usr/lib/postgresql";
        var folders = Directory.Exists(Debian) ? Directory.EnumerateDirectories(Debian).Select(version => Path.Combine(version, "bin")).Order().Reverse() : [];
        return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")))
            ?? (Requires.FindOnPath("initdb") is { } found ? Path.GetDirectoryName(File.ResolveLinkTarget(found, returnFinalTarget: true)?.FullName ?? found) : null);
    }
}

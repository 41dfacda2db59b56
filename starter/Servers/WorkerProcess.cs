using System.Collections;
using System.Runtime.InteropServices;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Servers;

/// <summary>Starts <c>spark-worker</c> for a server that spark runs itself.</summary>
internal static class WorkerProcess
{
    /// <summary>What the worker of a command may take to let activities end: the command itself ends within 15 s.</summary>
    private const int BriefSec = 5;

    /// <summary>What a server may take until it answers; a second is usual.</summary>
    private const int AwaitSec = 15;

    /// <summary>
    /// The program: <c>SPARK_WORKER</c>, else beside <c>spark</c>. Beside it is an executable, or, where <c>spark</c> was installed
    /// as a .NET tool, a <c>.dll</c>: a tool serves every platform and therefore holds no executables.
    /// </summary>
    /// <exception cref="CliException">It is in neither place.</exception>
    public static string Find()
    {
        if (Environment.GetEnvironmentVariable("SPARK_WORKER") is { Length: > 0 } given)
        {
            return File.Exists(given) ? Path.GetFullPath(given) : throw new CliException($"SPARK_WORKER names {given}, which does not exist");
        }

        string[] names = [OperatingSystem.IsWindows() ? "spark-worker.exe" : "spark-worker", "spark-worker.dll"];
        return names.Select(name => Path.Combine(AppContext.BaseDirectory, name)).FirstOrDefault(File.Exists)
            ?? throw new CliException($"no spark-worker beside spark in {AppContext.BaseDirectory}; run infra/setup.sh or set SPARK_WORKER");
    }

    /// <summary>How a worker is run: a <c>.dll</c> by the host of the runtime that runs this command.</summary>
    /// <param name="worker">What <see cref="Find"/> gave.</param>
    internal static (string Program, IReadOnlyList<string> Arguments) Command(string worker)
    {
        if (!worker.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
        {
            return (worker, []);
        }

        // The runtime is in shared/Microsoft.NETCore.App/VERSION below the folder of its host.
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return (File.Exists(host) ? host : name, [worker]);
    }

    /// <summary>Starts it on the server of a record.</summary>
    /// <param name="folder">State folder.</param>
    /// <param name="record">The server.</param>
    /// <param name="healthPort">Port for its health, 0 for none.</param>
    /// <param name="brief">Whether it stops within seconds also with model calls in flight, as at the end of a command.</param>
    /// <param name="awaits">Whether the server is being started beside it.</param>
    public static ProcessMark Start(StateFolder folder, UpRecord record, int healthPort = 0, bool brief = false, bool awaits = false)
    {
        // Credentials of another server must not be sent to this one.
        var environment = new Dictionary<string, string?>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (variable.Key is string name && name.StartsWith("TEMPORAL_", StringComparison.Ordinal))
            {
                environment[name] = null;
            }
        }

        environment["TEMPORAL_ADDRESS"] = record.Address;
        environment["TEMPORAL_NAMESPACE"] = record.Namespace;
        environment["SPARK_STATE_FOLDER"] = Given("SPARK_STATE_FOLDER") ?? Path.Combine(folder.Path, "worker");
        environment["SPARK_ARTIFACT_FOLDER"] = Given("SPARK_ARTIFACT_FOLDER") ?? Path.Combine(folder.Path, "artifacts");
        environment["SPARK_HEALTH_PORT"] = Given("SPARK_HEALTH_PORT") ?? $"{healthPort}";
        foreach (var setting in brief ? (string[])["SPARK_GRACEFUL_SHUTDOWN_SEC", "SPARK_MODEL_SHUTDOWN_SEC"] : [])
        {
            environment[setting] = Given(setting) ?? $"{BriefSec}";
        }

        // Not for long: a command that lives starts the worker again.
        environment["SPARK_AWAIT_SERVER_SEC"] = awaits ? $"{AwaitSec}" : null;
        var (program, arguments) = Command(Find());
        return DetachedProcess.Start(program, [.. arguments, LocalProcesses.WorkerIn, folder.Path], folder.WorkerLog, environment);
    }

    /// <summary>Asks it to stop, and kills it when it does not in time.</summary>
    public static Task<bool> StopAsync(ProcessMark worker, TimeSpan patience) => worker.StopAsync(ProcessMark.Terminate, patience);

    private static string? Given(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}

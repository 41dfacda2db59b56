using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Doctor;

/// <summary>What <c>spark doctor</c> looks at. Nothing is changed, and no value of a key is printed.</summary>
internal static class Checks
{
    private const long Gigabyte = 1L << 30;
    private const long FreeSpaceWanted = 10 * Gigabyte;

    public static async Task<IReadOnlyList<Finding>> RunAsync(string workingFolder, bool models, CancellationToken cancellationToken)
    {
        // Models may take seconds to answer; the other checks run meanwhile.
        var answers = models ? ModelChecks.RunAsync(workingFolder, cancellationToken) : Task.FromResult<IReadOnlyList<Finding>>([]);
        return
        [
            .. await DockerProbe.RunAsync(Variable("DOCKER_HOST"), cancellationToken),
            ServerBinary(),
            Worker(),
            await ServerAsync(workingFolder, cancellationToken),
            .. Leftovers.Of(LocalProcesses.Find()),
            Space(new DriveInfo(workingFolder).AvailableFreeSpace, workingFolder),
            Key(workingFolder),
            .. await answers,
        ];
    }

    /// <summary>Whether there is room for images, containers and artifacts.</summary>
    internal static Finding Space(long free, string folder) => free >= FreeSpaceWanted
        ? new("disk", Verdict.Ok, $"{free / Gigabyte} GB free in {folder}")
        : new(
            "disk",
            free >= Gigabyte ? Verdict.Warning : Verdict.Missing,
            $"{free / (double)Gigabyte:0.0} GB free in {folder}",
            "free some: images, containers and artifacts of a batch take 10 GB and more (docker system df)");

    private static Finding ServerBinary() => ServerProgram.Find() is { } path
        ? new("temporal", Verdict.Ok, path)
        : new(
            "temporal",
            Verdict.Warning,
            "not on PATH",
            "online, the first command downloads it; offline, install the Temporal CLI or set TEMPORAL_ADDRESS");

    private static Finding Worker()
    {
        try
        {
            return new("worker", Verdict.Ok, WorkerProcess.Find());
        }
        catch (CliException missing)
        {
            return new("worker", Verdict.Missing, missing.Message, "run infra/setup.sh");
        }
    }

    private static async Task<Finding> ServerAsync(string workingFolder, CancellationToken cancellationToken)
    {
        TemporalClientConnectOptions given;
        try
        {
            given = SparkSession.Given();
        }
        catch (CliException mistake)
        {
            return new("server", Verdict.Missing, mistake.Message, "correct the variable, or unset it to use a local server");
        }

        if (string.IsNullOrEmpty(given.TargetHost))
        {
            var record = new StateFolder(Path.Combine(workingFolder, ".spark")).Read();
            return new(
                "server",
                Verdict.Ok,
                record is null
                    ? "no server is up; each command starts its own, or: spark up"
                    : $"{record.Address}, namespace {record.Namespace}, UI {record.UiAddress}");
        }

        try
        {
            var client = await TemporalClient.ConnectAsync(given).WaitAsync(TimeSpan.FromSeconds(10), cancellationToken);
            await client.CountWorkflowsAsync("SparkBatch = 'none'", new() { Rpc = new() { CancellationToken = cancellationToken, Timeout = TimeSpan.FromSeconds(5) } });
            return new("server", Verdict.Ok, $"{given.TargetHost}, namespace {given.Namespace}");
        }
        catch (RpcException refused) when (refused.Code == RpcException.StatusCode.InvalidArgument)
        {
            return new(
                "server",
                Verdict.Missing,
                $"{given.TargetHost}, namespace {given.Namespace}: search attributes are missing ({refused.Message})",
                "add the ones in temporal-dev.yaml with 'temporal operator search-attribute create'");
        }
        catch (Exception failure) when (failure is RpcException or InvalidOperationException or TimeoutException)
        {
            return new(
                "server",
                Verdict.Missing,
                $"{given.TargetHost}, namespace {given.Namespace} does not answer: {failure.Message.Split('\n')[0]}",
                "check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the TLS variables, or unset them to use a local server");
        }
    }

    private static Finding Key(string workingFolder)
    {
        const string name = "OPENAI_API_KEY";
        if (Variable(name) is not null)
        {
            return new("model key", Verdict.Ok, $"{name} is set");
        }

        for (var folder = new DirectoryInfo(workingFolder); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, ".env");
            if (File.Exists(file) && File.ReadLines(file).Any(line => IsGiven(line, name)))
            {
                return new("model key", Verdict.Ok, $"{name} is in {file}");
            }
        }

        return new("model key", Verdict.Warning, $"{name} is not set", $"set {name} (and OPENAI_BASE_URL) or write it to .env; spark demo and --agent oracle need none");
    }

    private static bool IsGiven(string line, string name)
    {
        var parts = line.Replace("export ", "", StringComparison.Ordinal).Split('=', 2);
        return parts.Length == 2 && parts[0].Trim() == name && parts[1].Trim().Trim('"', '\'').Length > 0;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

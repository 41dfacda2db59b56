using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workers;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

namespace Spark.Temporal.Tests.EndToEnd.Bench;

/// <summary>
/// A trial on a trivial task, through server, worker and workflow, over the same container calls made one after the other
/// by the docker client. Both are warm and take turns, so that they share the machine's weather.
/// </summary>
[Explicit]
[NonParallelizable]
[Category("Bench")]
public sealed class TrialBench
{
    private const string Image = "debian:bookworm-slim";
    private const int Warm = 2;
    private const int Pairs = 15;
    private const int Many = 48;
    private const int AtOnce = 8;
    private const int Rounds = 3;
    private const string Solve = "#!/bin/bash\ntouch /solved\n";
    private const string Test = "#!/bin/bash\nif [ -e /solved ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n";

    [Test]
    public async Task Overhead_of_a_trial()
    {
        Requires.Docker();
        using var folder = Trivial();
        var client = await TemporalServer.NewNamespaceAsync();
        using var host = Worker(folder, client);
        await host.StartAsync();
        var gateway = host.Services.GetRequiredService<IContainerGateway>();

        List<BenchRow> rows = [];
        foreach (var (agent, reward) in new[] { (AgentNames.Oracle, 1.0), (AgentNames.Nop, 0.0) })
        {
            List<double> direct = [], trials = [], walls = [];
            for (var pair = 0; pair < Warm + Pairs; pair++)
            {
                direct.Add(await DirectAsync(gateway, solved: agent == AgentNames.Oracle));
                var clock = Stopwatch.StartNew();
                var result = await TrialAsync(client, folder, agent);
                walls.Add(clock.Elapsed.TotalMilliseconds);
                trials.Add(result.DurationMs);
                Assert.That(result.Reward, Is.EqualTo(reward), result.Error);
            }

            var (least, took) = (BenchReport.Median(direct[Warm..]), BenchReport.Median(trials[Warm..]));
            rows.AddRange(
            [
                new($"{agent}: container calls by the docker client, median of {Pairs}", least, "ms"),
                new($"{agent}: trial from its start to the container's removal, median of {Pairs}", took, "ms"),
                new($"{agent}: trial with its trial folder, as its starter sees it, median of {Pairs}", BenchReport.Median(walls[Warm..]), "ms"),
                new($"{agent}: trial over container calls", took / least, "x", 1.2),
            ]);
        }

        await host.StopAsync();
        BenchReport.Keep("trial", rows);
    }

    [Test]
    public async Task Overhead_of_many_trials_at_once()
    {
        Requires.Docker();
        using var folder = Trivial();
        var client = await TemporalServer.NewNamespaceAsync();
        using var host = Worker(folder, client);
        await host.StartAsync();
        var gateway = host.Services.GetRequiredService<IContainerGateway>();
        await TrialAsync(client, folder, AgentNames.Oracle);
        await DirectAsync(gateway, solved: true);

        List<double> direct = [], trials = [];
        for (var round = 0; round < Rounds; round++)
        {
            direct.Add(await AllAsync(() => DirectAsync(gateway, solved: true)));
            trials.Add(await AllAsync(async () => Assert.That((await TrialAsync(client, folder, AgentNames.Oracle)).Reward, Is.EqualTo(1))));
        }

        await host.StopAsync();
        var (least, took) = (BenchReport.Median(direct), BenchReport.Median(trials));
        BenchReport.Keep(
            "trials-at-once",
            new($"{Many} times the container calls by {AtOnce} docker clients, median of {Rounds}", least, "s"),
            new($"{Many} trials, {AtOnce} at once, with their trial folders, median of {Rounds}", took, "s"),
            new($"{AtOnce} at once: trials over container calls", took / least, "x", 1.3));
    }

    [Test]
    public async Task The_command_that_runs_one_trial()
    {
        Requires.Docker();
        Requires.Command("temporal");
        using var folder = Trivial();
        string[] arguments = ["trial", "run", folder["trivial"], "--agent", "oracle"];
        var alone = await CommandAsync(folder, arguments);
        using var up = SparkProcess.Start(["up"], folder.Path);
        var printed = up.StandardOutput.ReadToEndAsync();
        await Eventually.IsTrueAsync(() => Task.FromResult(File.Exists(folder[".spark/up.json"]) && File.ReadAllText(folder[".spark/up.json"]).Contains("\"worker\": {", StringComparison.Ordinal)), "spark up has a server and a worker");
        var beside = await CommandAsync(folder, arguments);
        await SparkProcess.RunAsync(["down"], folder.Path);
        await up.WaitForExitAsync();
        await printed;
        BenchReport.Keep(
            "trial-command",
            new($"spark trial run without a server, median of {Rounds}", alone, "s", 2.5),
            new($"spark trial run beside spark up, median of {Rounds}", beside, "s", 1.0));
    }

    /// <returns>Seconds.</returns>
    private static async Task<double> CommandAsync(TemporaryFolder folder, string[] arguments)
    {
        List<double> walls = [];
        for (var round = 0; round <= Rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            var (code, output, error) = await SparkProcess.RunAsync(arguments, folder.Path);
            walls.Add(clock.Elapsed.TotalSeconds);
            Assert.That(code, Is.Zero, output + error);
        }

        return BenchReport.Median(walls[1..]);
    }

    /// <returns>Seconds.</returns>
    private static async Task<double> AllAsync(Func<Task> one)
    {
        var clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(Enumerable.Range(0, Many), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, _) => await one());
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>A folder with the task that does almost nothing.</summary>
    private static TemporaryFolder Trivial()
    {
        var folder = new TemporaryFolder();
        folder.Write("trivial/instruction.md", "Make the file /solved.\n");
        folder.Write("trivial/task.toml", $"version = \"1.0\"\n[environment]\ndocker_image = \"{Image}\"\n");
        folder.Write("trivial/environment/Dockerfile", $"FROM {Image}\n");
        folder.Write("trivial/solution/solve.sh", Solve);
        folder.Write("trivial/tests/test.sh", Test);
        return folder;
    }

    private static Task<AttemptResult> TrialAsync(ITemporalClient client, TemporaryFolder folder, string agent)
    {
        var input = new AttemptInput { TaskDir = folder["trivial"], Agent = agent, OutDir = folder["out"] };
        return client.ExecuteWorkflowAsync(
            (AttemptWorkflow attempt) => attempt.RunAsync(input), new($"bench/{agent}/{Guid.NewGuid():n}", TaskQueues.Workflows));
    }

    /// <returns>Milliseconds.</returns>
    private static async Task<double> DirectAsync(IContainerGateway gateway, bool solved)
    {
        var clock = Stopwatch.StartNew();
        var container = (await gateway.CreateAsync(
            new ContainerSpec
            {
                Name = $"spark-bench-{Guid.NewGuid():n}",
                Image = Image,
                Entrypoint = ["sleep"],
                Command = ["600"],
                Cpus = 1,
                MemoryBytes = 2L * 1024 * 1024 * 1024,
                Pids = 4096,
                Network = PhaseNetworks.Open,
            },
            CancellationToken.None)).Id;
        try
        {
            await gateway.PutAsync(container, SandboxScripts.Open(), CancellationToken.None);
            await gateway.StartAsync(container, CancellationToken.None);
            if (solved)
            {
                await gateway.PutAsync(container, Script("solution/solve.sh", Solve), CancellationToken.None);
                await RunAsync(gateway, container, "/solution/solve.sh");
            }

            await gateway.PutAsync(container, Script("tests/test.sh", Test), CancellationToken.None);
            await RunAsync(gateway, container, "/tests/test.sh");
            foreach (var logs in (string[])["/logs/verifier", "/logs/agent", "/logs/artifacts"])
            {
                await using var home = await ((DockerContainerGateway)gateway).ArchiveAsync(container, logs, CancellationToken.None);
                await home!.CopyToAsync(Stream.Null);
            }
        }
        finally
        {
            await gateway.RemoveAsync(container, CancellationToken.None);
        }

        return clock.Elapsed.TotalMilliseconds;
    }

    private static async Task RunAsync(IContainerGateway gateway, string container, string script)
    {
        using var process = await gateway.ExecAsync(container, new ExecSpec([script]), CancellationToken.None);
        var output = new byte[4096];
        while (await process.ReadAsync(output, CancellationToken.None) > 0)
        {
        }

        Assert.That(await process.ExitCodeAsync(CancellationToken.None), Is.Zero);
    }

    private static MemoryStream Script(string path, string content)
    {
        var buffer = new MemoryStream();
        using (var tar = new TarWriter(buffer, TarEntryFormat.Pax, leaveOpen: true))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path)
            {
                Mode = (UnixFileMode)0b111_101_101,
                DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
            });
        }

        buffer.Position = 0;
        return buffer;
    }

    private static IHost Worker(TemporaryFolder folder, ITemporalClient client)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("Worker:StateFolder", folder["state"]),
            new("Worker:ArtifactFolder", folder["artifacts"]),
            new("Worker:GracefulShutdownSec", "1"),
        ]).Build();
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton(client);
        builder.Services.AddSparkWorkers(configuration);
        return builder.Build();
    }
}

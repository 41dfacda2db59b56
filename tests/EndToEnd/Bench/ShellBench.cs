using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.EndToEnd.Bench;

/// <summary>What a command in the agent's shell costs beside the command itself.</summary>
[Explicit]
[NonParallelizable]
[Category("Bench")]
public sealed class ShellBench
{
    private const int Commands = 200;
    private const int Execs = 40;

    /// <summary>What lies between two commands at least: no model answers sooner.</summary>
    private static readonly TimeSpan Model = TimeSpan.FromMilliseconds(50);

    [Test]
    public async Task Overhead_of_a_shell_command()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync();
        var shell = (await bench.Services.GetRequiredService<ShellConnections>().GetAsync(started.Container, CancellationToken.None))!;
        using var cat = await bench.Gateway.ExecAsync(started.Container, new ExecSpec(["cat"]) { Input = true }, CancellationToken.None);

        // In turns, so that all see the same weather.
        List<double> commands = [], forks = [], trips = [], upon = [];
        for (var number = 0; number <= Commands; number++)
        {
            await Task.Delay(Model);
            commands.Add(await TimeAsync(() => RunAsync($"true-{number}", "true")));
            upon.Add(await TimeAsync(() => RunAsync($"upon-{number}", "true")));
            trips.Add(await TimeAsync(() => EchoAsync(cat)));
            await Task.Delay(Model);
            forks.Add(await TimeAsync(() => RunAsync($"fork-{number}", "(:)")));
        }

        Task<CommandEnd> RunAsync(string id, string command) =>
            shell.RunAsync(id, command, TimeSpan.FromSeconds(30), _ => Task.FromResult(false), CancellationToken.None);

        // The whole activity: beside the command, the conversation is read, and stored with the answer.
        List<ArtifactRef> asked = [];
        for (var turn = 0; turn <= Commands; turn++)
        {
            asked.Add(await bench.SayAsync(null, ["true"]));
        }

        var turns = await TimesAsync(Commands, turn => bench.DoAsync(sandbox => sandbox.RunTurnAsync(new TurnRequest
        {
            Container = started.Container,
            Turn = turn + 1,
            Conversation = asked[turn],
        })));
        var execs = await TimesAsync(Execs, async _ =>
        {
            using var process = await bench.Gateway.ExecAsync(started.Container, new ExecSpec(["true"]), CancellationToken.None);
            var nothing = new byte[16];
            while (await process.ReadAsync(nothing, CancellationToken.None) > 0)
            {
            }

            return await process.ExitCodeAsync(CancellationToken.None);
        });
        Requires.Command("docker");
        var programs = await TimesAsync(Execs, async _ =>
        {
            using var docker = Process.Start("docker", ["exec", started.Container, "true"]);
            await docker.WaitForExitAsync();
            return docker.ExitCode;
        });

        BenchReport.Keep(
            "shell",
            new($"`true` in the agent's shell, median of {Commands}", BenchReport.Median(commands[1..]), "ms", 5),
            new($"`true` in the agent's shell, 95th percentile of {Commands}", BenchReport.At(commands[1..], 0.95), "ms"),
            new($"`true` right upon another command, which has to wait for the fork between them, median of {Commands}", BenchReport.Median(upon[1..]), "ms"),
            new($"a byte to a process in the container and back, median of {trips.Count}", BenchReport.Median(trips), "ms"),
            new($"`(:)` in the agent's shell, a fork more than `true`, median of {Commands}", BenchReport.Median(forks[1..]), "ms"),
            new($"`true` as a whole turn with the conversation stored, median of {Commands}", BenchReport.Median(turns), "ms"),
            new($"exec of `true` by the docker client, median of {Execs}", BenchReport.Median(execs), "ms"),
            new($"`docker exec` of `true`, median of {Execs}", BenchReport.Median(programs), "ms"));
    }

    /// <summary>Milliseconds of each call, after one that warms up.</summary>
    private static async Task<List<double>> TimesAsync<T>(int count, Func<int, Task<T>> call)
    {
        List<double> times = [];
        for (var number = 0; number <= count; number++)
        {
            times.Add(await TimeAsync(() => call(number)));
        }

        return times[1..];
    }

    private static async Task<double> TimeAsync(Func<Task> call)
    {
        var clock = Stopwatch.StartNew();
        await call();
        return clock.Elapsed.TotalMilliseconds;
    }

    private static async Task<bool> EchoAsync(IContainerProcess cat)
    {
        await cat.WriteAsync(new byte[] { (byte)'x' }, CancellationToken.None);
        return await cat.ReadAsync(new byte[16], CancellationToken.None) == 1;
    }
}

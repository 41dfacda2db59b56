using Microsoft.Extensions.DependencyInjection;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>What a container writes is limited wherever and whenever it writes, and writing too much is its own doing.</summary>
[Category("Docker")]
public sealed class StorageTests
{
    private const string Fill = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); head -c 1048576 /dev/zero > $1/$i; sleep 0.01; done";

    /// <summary>A host of its own: what is looked at are all containers of a host.</summary>
    private static readonly string Host = $"test-{Guid.NewGuid():n}"[..20];

    private static readonly TaskSettings Small = new() { StorageMb = 32 };

    [TestCase("FROM debian:bookworm-slim\nRUN mkdir /data\n")]
    [TestCase("FROM debian:bookworm-slim\nVOLUME /data\n")]
    public async Task A_command_is_ended_with_its_container_left_also_where_it_writes_into_a_volume(string dockerfile)
    {
        await using var bench = new SandboxBench(options => options.Host = Host);
        var started = await bench.StartAsync((await bench.BuildAsync(dockerfile)).Image, new TaskSettings { StorageMb = 64 });
        var (reply, answers) = await bench.TurnAsync(started.Container, 1, 60, [$"set -- /data; {Fill.Replace("0.01", "0.05", StringComparison.Ordinal)}"]);
        Assert.That(answers[0].Content, Does.Contain("more than its storage limit of 64 MiB"));
        Assert.That(reply.ContainerEnded, Is.False);
    }

    [TestCase("FROM debian:bookworm-slim\nRUN mkdir /data\n")]
    [TestCase("FROM debian:bookworm-slim\nVOLUME /data\n")]
    public async Task What_writes_while_no_command_runs_ends_the_container_as_the_agent_s_own_doing(string dockerfile)
    {
        await using var bench = new SandboxBench(options => options.Host = Host);
        var image = await bench.BuildAsync(dockerfile);
        var started = await bench.StartAsync(image.Image, Small);
        var bystander = await bench.StartAsync(image.Image, Small, ordinal: 2);
        await bench.TurnAsync(started.Container, 1, 60, [$"(set -- /data; {Fill}) > /dev/null 2>&1 &"]);
        await EndedAsync(bench, started.Container);
        var (reply, _) = await bench.TurnAsync(started.Container, 2, 60, ["echo on"]);
        Assert.That(reply.ContainerEnded, Is.True, "and not lost, which would give it another container");
        Assert.That(await bench.ExistsAsync(bystander.Container), Is.True);
    }

    [Test]
    public async Task An_oracle_and_a_verifier_that_write_too_much_have_failed()
    {
        await using var bench = new SandboxBench(options => options.Host = Host);
        var image = await bench.BuildAsync("FROM debian:bookworm-slim\nVOLUME /data\n");
        var script = $"#!/bin/bash\nset -- /data; {Fill}; sleep 60\n";
        var solution = await bench.TarAsync(("solve.sh", script));
        var one = await bench.StartAsync(image.Image, Small);
        var oracle = bench.DoAsync(sandbox => sandbox.OracleAsync(new OracleRequest { Container = one.Container, Solution = solution, TimeoutSec = 120 }));
        await EndedAsync(bench, one.Container);
        var reply = await oracle;
        Assert.That((reply.ExitCode, await bench.Store.ReadTextAsync(reply.Output, CancellationToken.None)), Is.EqualTo((153, "the container held more than its storage limit of 32 MiB ([environment] storage_mb) and was ended")));

        var two = await bench.StartAsync(image.Image, Small, ordinal: 2);
        var verifying = bench.VerifyAsync(two.Container, script, Small, timeoutSec: 120);
        await EndedAsync(bench, two.Container);
        var verdict = await verifying;
        Assert.That((verdict.Reward, verdict.RewardProblem), Is.EqualTo(((double?)null, "the container held more than its storage limit of 32 MiB ([environment] storage_mb) and was ended")));
    }

    private static Task EndedAsync(SandboxBench bench, string container) => Eventually.IsTrueAsync(
        async () => (await bench.Services.GetRequiredService<StorageGuard>().LookAsync(CancellationToken.None)).Contains(container), "it is seen and ended", TimeSpan.FromSeconds(60));
}

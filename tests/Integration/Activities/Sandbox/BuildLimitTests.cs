using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>A build that would fill the disk is ended while it writes.</summary>
[Category("Docker")]
public sealed class BuildLimitTests
{
    /// <summary>Ten gigabytes, no file of them larger than one megabyte.</summary>
    private const string WritesAndWrites = "i=0; while [ $i -lt 10240 ]; do i=$((i+1)); head -c 1048576 /dev/zero > /var/$i; sleep 0.01; done";

    private static readonly string[] Builder = ["scripts/build_data.py"];

    private readonly string _mark = $"spark-test-build={Guid.NewGuid():n}";

    [Test]
    public async Task A_data_builder_is_ended_at_the_tasks_storage_also_when_no_file_of_it_is_large()
    {
        await using var bench = new SandboxBench();
        var digest = Guid.NewGuid().ToString("n");
        var failure = await FailAsync(bench, digest, "COPY scripts/build_data.py /tmp/build_data.py\nRUN sh /tmp/build_data.py\n", storageMb: 32);

        Assert.That(failure.Message, Does.Contain("'RUN sh /tmp/build_data.py'").And.Contain("storage_mb gives it 32 MiB; make less data or raise storage_mb"));
        Assert.That(Written(failure), Is.InRange(32, 5_000), "it did not get to its end");
        await NothingIsLeftAsync(bench, digest);
    }

    [Test]
    public async Task A_build_is_ended_at_what_the_host_lets_one_write_whatever_its_steps_print()
    {
        await using var bench = new SandboxBench(options => options.BuildGb = 0.05);
        var digest = Guid.NewGuid().ToString("n");
        var failure = await FailAsync(bench, digest, $"RUN echo 'Step 7/9 : RUN true'; echo ' ---> Running in 0123456789ab'; {WritesAndWrites}\n", storageMb: null);

        Assert.That(failure.Message, Does.Contain("'RUN echo ").And.Contain("this host lets one write 47 MiB (Sandbox:BuildGb)"));
        Assert.That(Written(failure), Is.InRange(47, 5_000));
        await NothingIsLeftAsync(bench, digest);
    }

    [Test]
    public async Task A_builder_quicker_than_the_watch_is_judged_by_its_layer_and_leaves_no_image()
    {
        await using var bench = new SandboxBench();
        var digest = Guid.NewGuid().ToString("n");
        const string quick = "RUN head -c 9000000 /dev/zero > /var/data; : build_data.py\n";
        var failure = await FailAsync(bench, digest, quick, storageMb: 8);
        Assert.That(failure.Message, Does.Contain("had written 8 MiB").And.Contain("storage_mb gives it 8 MiB"));
        await NothingIsLeftAsync(bench, digest);

        var image = await bench.BuildAsync($"FROM debian:bookworm-slim\nLABEL {_mark}\n{quick}", storageMb: 9);
        Assert.That(image.Cached, Is.False);
    }

    [Test]
    public async Task Each_step_has_limits_of_memory_CPUs_and_processes()
    {
        await using var bench = new SandboxBench(options => (options.BuildMemoryMb, options.BuildCpus, options.BuildPids) = (96, 0.5, 128));
        var one = await bench.BuildAsync($$"""
            FROM debian:bookworm-slim
            LABEL {{_mark}}
            RUN sleep 1; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null > /memory; cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null > /cpu; cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null > /pids; true
            RUN sleep 1; perl -e 'for (1..400) { my $p = fork(); if (!defined $p) { last } if (!$p) { sleep 5; exit } $n++ } open(F, ">", "/forks"); print F "$n\n"; while (wait() > 0) {}'
            """);
        var started = await bench.StartAsync(one.Image);
        var (_, answers) = await bench.TurnAsync(started.Container, 1, 30, ["cat /memory /cpu /pids /forks"]);
        var numbers = answers[0].Content.Split((char[])['\n', ' '], StringSplitOptions.RemoveEmptyEntries);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(long.Parse(numbers[0], System.Globalization.CultureInfo.InvariantCulture), Is.InRange(79 * 1024 * 1024, 96 * 1024 * 1024));
            Assert.That(numbers[1], Is.EqualTo("50000"));
            Assert.That(numbers[^2], Is.EqualTo("128"));
            Assert.That(int.Parse(numbers[^1], System.Globalization.CultureInfo.InvariantCulture), Is.InRange(100, 128));
        }

        var killed = await Assert.ThrowsAsync<ApplicationFailureException>(() => bench.BuildAsync("FROM debian:bookworm-slim\nRUN perl -e '$x = \"x\" x 300_000_000; print length($x)'\n"));
        Assert.That(killed!.Message, Does.Contain("non-zero code: 137 (killed; a step may have 96 MiB of memory, Sandbox:BuildMemoryMb)"));
    }

    [Test]
    public async Task A_container_that_a_step_names_as_its_own_is_left_alone()
    {
        await using var bench = new SandboxBench(options => options.BuildPids = 64);
        var started = await bench.StartAsync();
        await bench.BuildAsync($"FROM debian:bookworm-slim\nLABEL {_mark}\nRUN echo; echo ' ---> Running in {started.Container[..12]}'; sleep 1\n");
        var (_, answers) = await bench.TurnAsync(started.Container, 1, 30, ["cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; true"]);
        Assert.That(answers[0].Content.Trim(), Is.EqualTo("1024"));
    }

    private static int Written(Exception failure) =>
        int.Parse(System.Text.RegularExpressions.Regex.Match(failure.Message, @"had written (\d+) MiB").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);

    private async Task<ApplicationFailureException> FailAsync(SandboxBench bench, string digest, string steps, long? storageMb)
    {
        var files = Builder.Select(name => (name, WritesAndWrites)).ToArray();
        var failure = await Assert.ThrowsAsync<ApplicationFailureException>(() =>
            bench.BuildAsync($"FROM debian:bookworm-slim\nLABEL {_mark}\n{steps}", digest: digest, storageMb: storageMb, files: files));
        Assert.That(failure!.ErrorType, Is.EqualTo(FailureTypes.BuildFailed));
        Assert.That(failure.NonRetryable, Is.True);
        return failure;
    }

    /// <summary>A step's container has its image's labels.</summary>
    private async Task NothingIsLeftAsync(SandboxBench bench, string digest)
    {
        Assert.That(await bench.Gateway.FindImageAsync(SandboxLabels.ImageTag(digest, withoutSkills: false), CancellationToken.None), Is.Null);
        await Eventually.IsTrueAsync(
            async () => (await bench.Gateway.ListAsync(_mark, CancellationToken.None)).Count == 0, "the step's container is gone", TimeSpan.FromSeconds(20));
    }
}

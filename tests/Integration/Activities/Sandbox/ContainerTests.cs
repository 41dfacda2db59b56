using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Activities.Sandbox;

[Category("Docker")]
public sealed class ContainerTests
{
    // CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, NET_BIND_SERVICE, SYS_CHROOT by their numbers in linux/capability.h.
    private static readonly int[] Kept = [0, 1, 3, 4, 5, 6, 7, 10, 18];

    [Test]
    public async Task Limits_and_privileges_are_what_was_asked_seen_from_inside()
    {
        await using var bench = new SandboxBench(options => options.PidsLimit = 321);
        var started = await bench.StartAsync(settings: new TaskSettings { Cpus = 0.5, MemoryMb = 96 });
        var status = await bench.TurnAsync(started.Container, 1, 20, ["grep -E 'CapBnd|NoNewPrivs' /proc/self/status; cat /proc/1/comm"]);
        var limits = await bench.TurnAsync(
            started.Container, 2, 20,
            [
                "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null",
                "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null",
                "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us /sys/fs/cgroup/cpu.max 2>/dev/null | tr '\\n' ' '",
                "python3 -c 1 2>/dev/null; head -c 200000000 /dev/zero | tail -c 150000000 | wc -c",
            ]);

        var expected = Kept.Aggregate(0UL, (mask, bit) => mask | (1UL << bit));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(status.Answers[0].Content, Does.Contain($"CapBnd:\t{expected:x16}"));
            Assert.That(status.Answers[0].Content, Does.Contain("NoNewPrivs:\t1"));
            Assert.That(status.Answers[0].Content, Does.Contain("init"));
            Assert.That(limits.Answers[0].Content, Does.StartWith($"{96 * 1024 * 1024}\n"));
            Assert.That(limits.Answers[1].Content, Does.StartWith("321\n"));
            Assert.That(limits.Answers[2].Content, Does.StartWith("50000 100000"));
            Assert.That(limits.Answers[3].Content, Does.Not.Contain("150000000"), "more memory than the limit");
            Assert.That(started.Notes, Is.Empty);
        }
    }

    [Test]
    public async Task More_than_the_host_has_is_lowered_and_said()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync(
            settings: new TaskSettings { Cpus = 4000, MemoryMb = 1L << 30, AllowNewPrivileges = true }, shell: false);
        var status = await Probe.RunAsync(bench.Gateway, started.Container, "grep NoNewPrivs /proc/self/status");
        Assert.That(started.Notes, Has.Count.EqualTo(3));
        Assert.That(started.Notes![0], Does.Match(@"^cpus lowered from 4000 to the host's \d+$"));
        Assert.That(started.Notes![1], Does.StartWith("memory lowered from 1073741824 MiB to the host's "));
        Assert.That(started.Notes![2], Does.Contain("privileges"));
        Assert.That(status, Does.Contain("0"));
    }

    [Test]
    public async Task Without_network_there_is_only_the_loopback()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync(settings: new TaskSettings { Network = NetworkMode.NoNetwork }, shell: false);
        Assert.That(await InterfacesAsync(bench, started), Is.EqualTo("lo"));
    }

    [Test]
    public async Task A_phase_has_the_network_it_asks_for()
    {
        await using var bench = new SandboxBench();
        var settings = new TaskSettings { Network = NetworkMode.NoNetwork, VerifierNetwork = NetworkMode.Public };
        var started = await bench.StartAsync(settings: settings, shell: false);
        var during = await InterfacesAsync(bench, started);
        var verdict = await bench.VerifyAsync(
            started.Container, "#!/bin/sh\nls /sys/class/net\ntest -e /sys/class/net/eth0 && echo 1 > /logs/verifier/reward.txt\n", settings);
        Assert.That(during, Is.EqualTo("lo"));
        Assert.That(verdict.Reward, Is.EqualTo(1));
    }

    [Test]
    public async Task A_network_of_the_agent_alone_is_cut_before_the_verifier_runs()
    {
        await using var bench = new SandboxBench();
        var settings = new TaskSettings { Network = NetworkMode.Public, VerifierNetwork = NetworkMode.NoNetwork };
        var started = await bench.StartAsync(settings: settings, shell: false);
        var during = await InterfacesAsync(bench, started);
        var verdict = await bench.VerifyAsync(
            started.Container, "#!/bin/sh\ntest -e /sys/class/net/eth0 || echo 1 > /logs/verifier/reward.txt\n", settings);
        Assert.That(during, Is.EqualTo("eth0 lo"));
        Assert.That(verdict.Reward, Is.EqualTo(1));
    }

    [Test]
    public async Task Ends_by_itself_at_its_deadline()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync(deadlineSec: 2, shell: false);
        await Eventually.IsTrueAsync(async () => !await bench.ExistsAsync(started.Container), "the container is gone", TimeSpan.FromSeconds(15));
    }

    [Test]
    public async Task A_start_that_is_tried_again_finds_its_container()
    {
        await using var bench = new SandboxBench();
        var first = await bench.StartAsync();
        await bench.TurnAsync(first.Container, 1, 20, ["export HERE=1"]);
        bench.RestartWorker();
        var second = await bench.StartAsync();
        var other = await bench.StartAsync(ordinal: 2);
        var (_, answers) = await bench.TurnAsync(second.Container, 2, 20, ["echo $HERE"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(second.Container, Is.EqualTo(first.Container));
            Assert.That(other.Container, Is.Not.EqualTo(first.Container));
            Assert.That(answers[0].Content, Is.EqualTo("1\n"));
        }
    }

    [Test]
    public async Task Users_folders_and_variables_are_those_of_the_task()
    {
        var name = $"SPARK_TEST_{Guid.NewGuid():n}";
        await using var bench = new SandboxBench(options => options.TaskEnv = [name]);
        var image = await bench.BuildAsync("FROM debian:bookworm-slim\nRUN useradd -m worker\nENV OF_IMAGE=1\n");
        System.Environment.SetEnvironmentVariable(name, "secret");
        var settings = new TaskSettings
        {
            AgentUser = "worker",
            VerifierUser = "root",
            Workdir = "/made/for/this",
            Env = new Dictionary<string, string> { ["PLAIN"] = "a b", ["FROM_HOST"] = $"${{{name}}}", ["WITH_DEFAULT"] = "${SPARK_TEST_UNSET:-none}" },
            VerifierEnv = new Dictionary<string, string> { ["JUDGE"] = "yes" },
        };
        var started = await bench.StartAsync(image.Image, settings);
        var (_, answers) = await bench.TurnAsync(started.Container, 1, 20, ["whoami; pwd; echo $OF_IMAGE $PLAIN $FROM_HOST $WITH_DEFAULT $HOME; touch /logs/agent/mine"]);
        var verdict = await bench.VerifyAsync(
            started.Container, "#!/bin/bash\necho $(whoami) $PWD $JUDGE $PLAIN\necho 1 > /logs/verifier/reward.txt\n", settings);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(started.User, Is.EqualTo("worker"));
            Assert.That(started.Notes, Has.Some.EqualTo($"the task was given the host's variable {name}"));
            Assert.That(answers[0].Content, Is.EqualTo("worker\n/made/for/this\n1 a b secret none /home/worker\n"));
            Assert.That(await ReadAsync(bench, verdict.Output), Is.EqualTo("root /made/for/this yes a b\n"));
            Assert.That(verdict.AgentLogs, Is.Not.Null);
        }
    }

    [Test]
    public async Task A_variable_that_the_host_lacks_is_named()
    {
        await using var bench = new SandboxBench(options => options.TaskEnv = ["SPARK_TEST_UNSET"]);
        var failure = await Assert.ThrowsAsync<ApplicationFailureException>(() =>
            bench.StartAsync(settings: new TaskSettings { Env = new Dictionary<string, string> { ["KEY"] = "${SPARK_TEST_UNSET}" } }));
        Assert.That(failure!.ErrorType, Is.EqualTo(FailureTypes.StartFailed));
        Assert.That(failure.NonRetryable, Is.True);
        Assert.That(failure.Message, Does.Contain("[environment] env.KEY").And.Contain("SPARK_TEST_UNSET"));
    }

    [TestCase("USER worker\nWORKDIR /home/worker\n", "worker /home/worker")]
    [TestCase("USER 1000:1000\n", "worker /")]
    [TestCase("ENTRYPOINT [\"/start.sh\"]\nCMD [\"nothing\"]\n", "root /")]
    [TestCase("ENTRYPOINT [\"/bin/false\"]\n", "root /")]
    [TestCase("CMD [\"/bin/false\"]\n", "root /")]
    public async Task Images_of_every_make_run(string lines, string expected)
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync(
            $"FROM debian:bookworm-slim AS base\nRUN useradd -m -u 1000 worker\nCOPY --chmod=0755 start.sh /start.sh\nFROM base\n{lines}".Replace("COPY --chmod=0755 start.sh /start.sh", "COPY start.sh /start.sh\nRUN chmod +x /start.sh", StringComparison.Ordinal),
            files: ("start.sh", "#!/bin/sh\nsleep 4321 &\nexec \"$@\"\n"));
        var started = await bench.StartAsync(image.Image);
        var (_, answers) = await bench.TurnAsync(started.Container, 1, 20, ["echo $(whoami) $PWD; touch /logs/artifacts/x"]);
        Assert.That(answers[0].Content, Is.EqualTo($"{expected}\n"));
        if (lines.Contains("start.sh", StringComparison.Ordinal))
        {
            Assert.That(await Probe.RunAsync(bench.Gateway, started.Container, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"), Does.Contain("sleep 4321").And.Contain("sleep infinity"));
        }
    }

    [Test]
    public async Task A_service_of_the_entrypoint_is_waited_for_by_the_healthcheck()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync(
            "FROM debian:bookworm-slim\nCOPY serve.sh /serve.sh\nENTRYPOINT [\"sh\", \"/serve.sh\"]\n",
            files: ("serve.sh", "(sleep 1; touch /tmp/ready) &\nexec \"$@\"\n"));
        var started = await bench.StartAsync(
            image.Image, new TaskSettings { Healthcheck = new Healthcheck { Command = "test -e /tmp/ready", IntervalSec = 0.3, TimeoutSec = 5, Retries = 20 } }, shell: false);
        Assert.That(await Probe.RunAsync(bench.Gateway, started.Container, "ls /tmp/ready"), Is.EqualTo("/tmp/ready\n"));
    }

    [Test]
    public async Task A_healthcheck_that_never_passes_fails_the_start_and_leaves_no_container()
    {
        await using var bench = new SandboxBench();
        var failure = await Assert.ThrowsAsync<ApplicationFailureException>(() => bench.StartAsync(
            settings: new TaskSettings { Healthcheck = new Healthcheck { Command = "echo not yet; exit 9", IntervalSec = 0.1, Retries = 2 } }, shell: false));
        Assert.That(failure!.ErrorType, Is.EqualTo(FailureTypes.StartFailed));
        Assert.That(failure.Message, Does.Contain("failed 2 times").And.Contain("not yet").And.Contain("exit code 9"));
        Assert.That(await bench.ExistsAsync(SandboxLabels.ContainerName(bench.WorkflowId, "run-of-test", 1)), Is.False);
    }

    private static async Task<string> InterfacesAsync(SandboxBench bench, StartedSandbox started) =>
        string.Join(' ', (await Probe.RunAsync(bench.Gateway, started.Container, "ls /sys/class/net")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());

    private static Task<string> ReadAsync(SandboxBench bench, ArtifactRef reference) =>
        Spark.Temporal.Activities.Artifacts.ArtifactStoreExtensions.ReadTextAsync(bench.Store, reference, CancellationToken.None);
}

using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Activities.Sandbox;

[Category("Docker")]
public sealed class VerifierTests
{
    [TestCase("echo 0.5 > /logs/verifier/reward.txt", 0.5, null)]
    [TestCase("printf ' -1' > /logs/verifier/reward.txt; exit 3", -1.0, null)]
    [TestCase("echo '{\"reward\": 0.25, \"other\": 1}' > /logs/verifier/reward.json; echo 1 > /logs/verifier/reward.txt", 0.25, null)]
    [TestCase("echo '{\"score\": 1}' > /logs/verifier/reward.json", 1.0, null)]
    [TestCase("true", null, "reward.txt")]
    [TestCase(": > /logs/verifier/reward.txt", null, "empty")]
    [TestCase("echo nan > /logs/verifier/reward.txt", null, "nan")]
    [TestCase("echo passed > /logs/verifier/reward.txt", null, "passed")]
    [TestCase("echo '{\"reward\": {\"a\": 1}}' > /logs/verifier/reward.json", null, "reward.json")]
    [TestCase("mkdir /logs/verifier/reward.txt", null, "reward.txt")]
    [TestCase("echo 1 > /tmp/real; ln -s /tmp/real /logs/verifier/reward.txt", null, "reward.txt")]
    public async Task Reads_a_verdict_and_takes_no_other_for_one(string script, double? reward, string? problem)
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync(shell: false);
        var verdict = await bench.VerifyAsync(started.Container, $"#!/bin/bash\n{script}\n");
        Assert.That(verdict.Reward, Is.EqualTo(reward));
        Assert.That(verdict.RewardProblem, problem is null ? Is.Null : Does.Contain(problem));
    }

    [TestCase("#!/bin/sh\necho $0 > /logs/verifier/out\necho 1 > /logs/verifier/reward.txt\n")]
    [TestCase("\n[[ a == a ]] && echo 1 > /logs/verifier/reward.txt\n")]
    [TestCase("# a comment first\n[[ a == a ]] && echo 1 > /logs/verifier/reward.txt\n")]
    [TestCase("\uFEFF#!/bin/bash\r\n[[ a == a ]] && echo 1 > /logs/verifier/reward.txt\r\n")]
    public async Task Runs_a_script_as_it_is_written(string script)
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync(shell: false);
        var verdict = await bench.VerifyAsync(started.Container, script);
        Assert.That(verdict.Reward, Is.EqualTo(1), verdict.RewardProblem);
    }

    [Test]
    public async Task What_the_agent_left_is_no_verdict_and_no_test()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync();
        await bench.TurnAsync(
            started.Container, 1, 20,
            ["mkdir -p /tests; echo cheat > /tests/conftest.py; echo 1 > /logs/verifier/reward.txt; echo '{\"reward\":1}' > /logs/verifier/reward.json; sleep 4444 & ls -ld /tests/.. /solution 2>&1; ls /.spark/staging"]);
        var running = bench.TurnAsync(started.Container, 2, 100, ["while :; do echo 1 > /logs/verifier/reward.txt; sleep 0.05; done"]);
        var verdict = await bench.VerifyAsync(
            started.Container, "#!/bin/bash\nls /tests; ls /logs/verifier; for p in /proc/[0-9]*; do [ \"$(tr '\\0' ' ' < $p/cmdline)\" = 'sleep 4444 ' ] && echo left; done 2>/dev/null\n", files: ("test_a.py", "x"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await bench.Store.ReadTextAsync(verdict.Output, CancellationToken.None), Is.EqualTo("test.sh\ntest_a.py\nleft\n"));
            Assert.That(verdict.Reward, Is.Null);
        }

        await bench.DoAsync(sandbox => sandbox.RemoveAsync(new RemoveRequest(started.Container)));

        // Its shell went with the verifier, its container after that: it is told of the one or the other.
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [Test]
    public async Task An_agent_that_is_root_and_rewrites_what_is_ours_gets_no_verdict_of_its_own()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync();
        const string Lie = "echo 1 > /logs/verifier/reward.txt; printf '\\n0 1 - 0\\n'; exit 0";
        await bench.TurnAsync(
            started.Container, 1, 20,
            [$"id -u; for name in once verify lib main; do echo \"{Lie}\" > /.spark/$name.sh; done; mkdir -p /tests; echo cheat > /tests/conftest.py; : > /.spark/runs/tests-of-image; ls /.spark/runs/tests-of-image"]);

        var verdict = await bench.VerifyAsync(started.Container, "#!/bin/bash\nls /tests\necho 0 > /logs/verifier/reward.txt\n");

        Assert.That(await bench.Store.ReadTextAsync(verdict.Output, CancellationToken.None), Is.EqualTo("test.sh\n"));
        Assert.That(verdict.Reward, Is.Zero, verdict.RewardProblem);
    }

    [TestCase("true", "0 0\n")]
    [TestCase("sleep 6666 & kill -9 $(cat /.spark/sh/shell.pid); true", "0 1\n")]
    public async Task No_shell_of_the_agent_is_left_when_the_verifier_starts(string last, string expected)
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync();
        await bench.TurnAsync(started.Container, 1, 20, [last]);
        var verdict = await bench.VerifyAsync(
            started.Container,
            """
            #!/bin/bash
            count() { grep -la "$1" /proc/[0-9]*/cmdline 2>/dev/null | wc -l; }
            # A killed process runs nothing more, but on a busy machine it is listed for a moment.
            for look in $(seq 100); do [ "$(count 'spark/[s]hell')" = 0 ] && break; sleep 0.05; done
            echo $(count 'spark/[s]hell') $(count 'sleep.[6]666')

            """);
        Assert.That(await bench.Store.ReadTextAsync(verdict.Output, CancellationToken.None), Is.EqualTo(expected));
    }

    [Test]
    public async Task Services_are_stopped_where_that_is_asked_for()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync(
            "FROM debian:bookworm-slim\nCOPY serve.sh /serve.sh\nENTRYPOINT [\"sh\", \"/serve.sh\"]\n", files: ("serve.sh", "sleep 7777 &\nexec \"$@\"\n"));
        var started = await bench.StartAsync(image.Image);
        await bench.TurnAsync(started.Container, 1, 20, ["sleep 5555 & setsid sleep 5555 & (nohup sleep 5555 >/dev/null 2>&1 &)"]);
        var verdict = await bench.VerifyAsync(
            started.Container, "#!/bin/bash\ncat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' ' ' | grep -o 'sleep [57]...' | sort | uniq -c | tr -s ' '\n", stopServices: true);
        Assert.That(await bench.Store.ReadTextAsync(verdict.Output, CancellationToken.None), Is.EqualTo(" 1 sleep 7777\n"));
    }

    [Test]
    public async Task A_time_out_is_a_problem_and_never_a_verdict()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync(shell: false);
        var verdict = await bench.VerifyAsync(started.Container, "#!/bin/bash\necho begun\necho 0 > /logs/verifier/reward.txt\nsleep 100\n", timeoutSec: 1);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(verdict.TimedOut, Is.True);
            Assert.That(verdict.Reward, Is.Null);
            Assert.That(verdict.RewardProblem, Does.Contain("within 1 s"));
            Assert.That(await bench.Store.ReadTextAsync(verdict.Output, CancellationToken.None), Is.EqualTo("begun\n"));
            Assert.That(await Probe.RunAsync(bench.Gateway, started.Container, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"), Does.Not.Contain("sleep 100"));
        }
    }

    [Test]
    public async Task Runs_once_though_it_is_asked_twice()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync(shell: false);
        const string script = "#!/bin/bash\necho x >> /opt/count\nwc -l < /opt/count > /logs/verifier/reward.txt\necho out\n";
        var first = await bench.VerifyAsync(started.Container, script);
        bench.RestartWorker();
        var second = await bench.VerifyAsync(started.Container, script);
        Assert.That((first.Reward, second.Reward), Is.EqualTo((1.0, 1.0)));
        Assert.That(second.Output, Is.EqualTo(first.Output));
    }

    [Test]
    public async Task Logs_and_kept_paths_come_home_and_what_is_too_large_is_said()
    {
        await using var bench = new SandboxBench(options => options.FileBytes = 100_000);
        var started = await bench.StartAsync();
        await bench.TurnAsync(
            started.Container, 1, 60,
            ["truncate -s 1G /logs/agent/huge.log; echo a > /logs/agent/small.log; ln -s /etc/passwd /logs/agent/link; mkdir -p /out/sub; echo b > /out/sub/kept; echo c > /out/left.tmp; echo d > /logs/artifacts/d"]);
        var settings = new TaskSettings { Artifacts = [new ArtifactPath("/out", ["*.tmp"]), new ArtifactPath("/missing")] };
        var verdict = await bench.VerifyAsync(
            started.Container, "#!/bin/bash\necho '{\"results\":{\"tests\":[{\"name\":\"a\",\"status\":\"passed\"},{\"name\":\"b\",\"status\":\"failed\"}]}}' > /logs/verifier/ctrf.json\necho 0.5 > /logs/verifier/reward.txt\n", settings);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(verdict.Notes, Has.Some.Contains("/logs/agent/huge.log has 1,073,741,824 bytes"));
            Assert.That(verdict.Notes, Has.Some.Contains("/missing"));
            Assert.That((verdict.TestsPassed, verdict.TestsTotal), Is.EqualTo((1, 2)));
            Assert.That(await NamesAsync(bench, verdict.AgentLogs!), Is.EquivalentTo((string[])["small.log", "link"]));
            Assert.That(await NamesAsync(bench, verdict.VerifierLogs!), Is.EquivalentTo((string[])["ctrf.json", "reward.txt"]));
            Assert.That(await NamesAsync(bench, verdict.Artifacts!), Is.EquivalentTo((string[])["d", "out/sub", "out/sub/kept"]));
            Assert.That(verdict.Ctrf, Is.Not.Null);
        }
    }

    [TestCase("#!/bin/bash\n")]
    [TestCase("\n# canary\n")]
    public async Task The_oracle_solves_as_root_in_the_tasks_folder(string head)
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync(settings: new TaskSettings { Workdir = "/app" }, shell: false);
        var solution = await bench.TarAsync(("solve.sh", $"{head}[[ 1 == 1 ]] && echo \"$(whoami) $PWD $DEBIAN_FRONTEND $HINT\" > answer.txt\ncat /solution/data/d\nexit 2\n"), ("data/d", "data\n"));
        var request = new OracleRequest
        {
            Container = started.Container, Solution = solution, TimeoutSec = 30, KeepChanges = true, Env = new Dictionary<string, string> { ["HINT"] = "${SPARK_TEST_UNSET:-default}" },
        };
        var reply = await bench.DoAsync(sandbox => sandbox.OracleAsync(request));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ExitCode, Is.EqualTo(2));
            Assert.That(await bench.Store.ReadTextAsync(reply.Output, CancellationToken.None), Is.EqualTo("data\n"));
            Assert.That(await Probe.RunAsync(bench.Gateway, started.Container, "cat /app/answer.txt"), Is.EqualTo("root /app noninteractive default\n"));
            Assert.That(await NamesAsync(bench, reply.Changes!), Does.Contain("app/answer.txt"));
        }
    }

    [Test]
    public async Task An_oracle_that_never_ends_is_ended_at_its_limit_with_what_it_started()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync(shell: false);
        var solution = await bench.TarAsync(("solve.sh", "#!/bin/bash\nsleep 987654 &\necho begun\nwhile :; do sleep 0.1; done\n"));
        var request = new OracleRequest { Container = started.Container, Solution = solution, TimeoutSec = 2, KeepChanges = true };
        var reply = await bench.DoAsync(sandbox => sandbox.OracleAsync(request));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.TimedOut, Is.True);
            Assert.That(reply.DurationMs, Is.InRange(2_000, 20_000));
            Assert.That(await bench.Store.ReadTextAsync(reply.Output, CancellationToken.None), Does.Contain("begun"));
            Assert.That(await Probe.RunAsync(bench.Gateway, started.Container, "grep -al 98765[4] /proc/[0-9]*/cmdline; true"), Is.Empty);
        }
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(SandboxBench bench, ArtifactRef tar)
    {
        await using var stream = await bench.Store.OpenAsync(tar, CancellationToken.None);
        await using var reader = new System.Formats.Tar.TarReader(stream);
        List<string> names = [];
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            names.Add(entry.Name);
        }

        return names;
    }
}

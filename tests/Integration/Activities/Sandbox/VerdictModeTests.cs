using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>Verifiers with a container of their own.</summary>
[Category("Docker")]
public sealed class VerdictModeTests
{
    /// <remarks>What a test writes over a file has another length: the engine takes a file of the same length and second, as a fresh image has it, for unchanged.</remarks>
    private const string Base = "FROM debian:bookworm-slim\nWORKDIR /app\nRUN echo old > kept.txt && echo gone > gone.txt\n";

    [Test]
    public async Task A_clean_verifier_has_what_the_agent_made_and_none_of_its_processes()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync(Base);
        var started = await bench.StartAsync(image.Image);
        await bench.TurnAsync(started.Container, 1, 30,
        [
            "echo newer > kept.txt; rm gone.txt; mkdir -p deep/er; echo x > deep/er/x; chown 1234:77 deep/er/x; chmod 640 deep/er/x; ln -s kept.txt link; echo home > /root/answer; echo t > /tmp/t",
            "(while :; do echo 1 > /logs/verifier/reward.txt; sleep 0.05; done) > /dev/null 2>&1 & echo started",
        ]);
        var verdict = await bench.VerifyApartAsync(started.Container, VerdictMode.Clean, image.Image, """
            #!/bin/bash
            [ "$PWD" = /app ] && [ "$(cat kept.txt)" = newer ] && [ ! -e gone.txt ] && [ "$(stat -c '%u:%g %a' deep/er/x)" = "1234:77 640" ] &&
              [ "$(readlink link)" = kept.txt ] && [ "$(cat /root/answer)" = home ] && [ "$(cat /tmp/t)" = t ] && good=yes
            sleep 0.3
            [ ! -e /logs/verifier/reward.txt ] && [ "$good" ] && echo 0.5 > /logs/verifier/reward.txt
            """);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(verdict.Reward, Is.EqualTo(0.5), verdict.RewardProblem);
            Assert.That(verdict.Mode, Is.EqualTo(VerdictMode.Clean));
            Assert.That(await LeftAsync(bench), Has.Count.EqualTo(1), "the agent's own container only");
        }
    }

    [Test]
    public async Task Both_verdicts_are_compared_and_the_clean_one_counts()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync(Base);
        var started = await bench.StartAsync(image.Image);
        await bench.TurnAsync(started.Container, 1, 30, ["printf '#!/bin/sh\\nexit 0\\n' > /usr/local/bin/grep; chmod +x /usr/local/bin/grep"]);
        var verdict = await bench.VerifyApartAsync(started.Container, VerdictMode.Both, image.Image, "#!/bin/bash\ngrep -q answer kept.txt && echo 1 > /logs/verifier/reward.txt || echo 0 > /logs/verifier/reward.txt\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((verdict.Reward, verdict.SharedReward, verdict.Differs), Is.EqualTo(((double?)0, (double?)1, true)));
            Assert.That(verdict.Warnings, Has.Some.EqualTo("the clean verdict is 0, the one in the agent's own container 1"));
            Assert.That(verdict.Notes, Has.Some.Contains("/usr/local/bin/grep"));
        }
    }

    [Test]
    public async Task A_separate_verifier_gets_the_declared_artifacts_and_nothing_else()
    {
        await using var bench = new SandboxBench();
        var context = await bench.TarAsync(
            ("Dockerfile", "FROM debian:bookworm-slim\nCOPY test.sh /tests/test.sh\nRUN chmod +x /tests/test.sh\nWORKDIR /check\n"),
            ("test.sh", """
            #!/bin/bash
            [ "$PWD" = /check ] && [ "$A" = own ] && [ "$(cat /app/out/one.txt)" = one ] && [ ! -e /app/out/skip.log ] && [ ! -e /app/secret ] && [ ! -e /app/missing ] &&
              [ "$(cat /logs/artifacts/patch)" = collected ] && [ "$(cat /data.txt)" = data ] && [ ! -e /etc/cheat ] && echo 1 > /logs/verifier/reward.txt || echo 0 > /logs/verifier/reward.txt
            """));
        var separate = new SeparateVerifier { OwnImage = true, Env = new Dictionary<string, string> { ["A"] = "own" } };
        var settings = new TaskSettings
        {
            Separate = separate,
            Artifacts = [new("/app/out", ["*.log"]), new("/data.txt"), new("/app/missing")],
            Collect = [new("echo collected > /logs/artifacts/patch"), new("exit 3")],
        };
        var environment = await bench.TarAsync(("Dockerfile", Base));
        var image = await bench.DoAsync(sandbox => sandbox.PrepareAsync(new PrepareRequest
        {
            Task = "test", EnvironmentDigest = environment.Sha256, Environment = environment, Verifier = context, Separate = separate, BuildTimeoutSec = 300,
        }));
        bench.Owns(SandboxLabels.ImageTag(environment.Sha256, false), SandboxLabels.ImageTag(context.Sha256, false));
        var started = await bench.StartAsync(image.Image, settings);
        await bench.TurnAsync(started.Container, 1, 30, ["mkdir out; echo one > out/one.txt; echo l > out/skip.log; echo s > secret; echo data > /data.txt; echo c > /etc/cheat"]);
        var verdict = await bench.VerifyApartAsync(started.Container, VerdictMode.Separate, image.VerifierImage!, "#!/bin/sh\necho 0 > /logs/verifier/reward.txt\n", settings);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(verdict.Reward, Is.EqualTo(1), "of the tests that its image brings, not of those that were uploaded");
            Assert.That(verdict.Notes, Has.Some.StartsWith("[[verifier.collect]] 2 ended with exit code 3"));
            Assert.That(await LeftAsync(bench), Has.Count.EqualTo(1));
        }
    }

    [Test]
    public async Task Without_an_image_of_its_own_a_separate_verifier_is_a_fresh_copy_of_the_agent_s()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync(Base);
        var settings = new TaskSettings { Separate = new SeparateVerifier(), Artifacts = [new("/app/kept.txt")] };
        var started = await bench.StartAsync(image.Image, settings);
        await bench.TurnAsync(started.Container, 1, 30, ["echo new > kept.txt; rm gone.txt"]);
        var verdict = await bench.VerifyApartAsync(
            started.Container, VerdictMode.Separate, image.Image, "#!/bin/bash\n[ \"$(cat kept.txt gone.txt)\" = $'new\\ngone' ] && echo 1 > /logs/verifier/reward.txt\n", settings);
        Assert.That(verdict.Reward, Is.EqualTo(1), verdict.RewardProblem);
    }

    [Test]
    public async Task An_image_with_a_user_has_an_agent_that_is_that_user_and_a_verifier_that_can_write()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync("FROM debian:bookworm-slim\nRUN useradd -m agent && mkdir /app && chown agent /app\nWORKDIR /app\nUSER agent\n");
        var started = await bench.StartAsync(image.Image);
        var (_, answers) = await bench.TurnAsync(started.Container, 1, 30, ["id -un; touch /root/x 2>/dev/null || echo plain; echo ok > out.txt"]);
        var asImage = await bench.VerifyAsync(started.Container, "#!/bin/bash\n[ \"$(id -un)$(cat out.txt)\" = agentok ] && echo 1 > /logs/verifier/reward.txt\n");
        Assert.That((answers[0].Content, asImage.Reward), Is.EqualTo(("agent\nplain\n", (double?)1)));
        var solution = await bench.TarAsync(("solve.sh", "#!/bin/bash\nid -un\n"));
        var oracle = await bench.DoAsync(sandbox => sandbox.OracleAsync(new OracleRequest { Container = started.Container, Solution = solution, TimeoutSec = 30 }));
        Assert.That(await bench.TextAsync(oracle.Output), Is.EqualTo("agent\n"));
    }

    [Test]
    public async Task A_verifier_of_root_in_an_image_with_a_user_has_root_s_capabilities()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync("FROM debian:bookworm-slim\nRUN useradd -m agent && mkdir -p /app /tests && chown agent /app /tests\nWORKDIR /app\nUSER agent\n");
        var settings = new TaskSettings { AgentUser = "agent", VerifierUser = "root" };
        var started = await bench.StartAsync(image.Image, settings);
        var verdict = await bench.VerifyAsync(started.Container, "#!/bin/bash\ntouch /app/r && chown agent /app/r && [ -O /root ] && echo 1 > /logs/verifier/reward.txt\n", settings);
        Assert.That(verdict.Reward, Is.EqualTo(1), verdict.RewardProblem);
    }

    [TestCase("rm -f /usr/bin/dash /usr/bin/sh /bin/sh")]
    [TestCase("printf '%s\n' 'sleep 1; while :; do for p in /proc/[0-9]*; do p=${p#/proc/}; [ $p = $$ ] || [ $p = 1 ] || kill -STOP $p; done; done' > /tmp/s; (setsid sh /tmp/s > /dev/null 2>&1 &)")]
    [TestCase("printf 'nonsense' > /tmp/x; chmod +x /tmp/x; cp /tmp/x /usr/bin/dash.new; mv /usr/bin/dash.new /usr/bin/dash")]
    public async Task Who_breaks_the_container_gets_no_shared_verdict_and_no_infrastructure_but_a_clean_verdict(string commands)
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync(Base);
        var started = await bench.StartAsync(image.Image);
        await bench.TurnAsync(started.Container, 1, 30, [$"echo newer > kept.txt; {commands}"]);
        var clean = await bench.VerifyApartAsync(started.Container, VerdictMode.Clean, image.Image, "#!/bin/sh\ngrep -q newer kept.txt && echo 1 > /logs/verifier/reward.txt\n");
        var shared = await bench.VerifyAsync(started.Container, "#!/bin/bash\nsleep 3; echo 1 > /logs/verifier/reward.txt\n", timeoutSec: 5);
        Assert.That((clean.Reward, shared.Reward), Is.EqualTo(((double?)1, (double?)null)), $"{clean.RewardProblem} {shared.RewardProblem}");
        Assert.That(shared.RewardProblem, Does.StartWith("the verifier cannot run in the agent's container, as the agent left it"));
    }

    [Test]
    public async Task Who_ends_the_container_before_it_is_verified_gets_no_verdict_and_no_other_container([Values(VerdictMode.Shared, VerdictMode.Clean)] VerdictMode mode)
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync(Base);
        var started = await bench.StartAsync(image.Image);
        await bench.TurnAsync(started.Container, 1, 30, ["(setsid sh -c 'sleep 0.5; for p in /proc/[0-9]*; do read c < $p/comm; [ \"$c\" != sleep ] || kill -9 ${p#/proc/}; done' > /dev/null 2>&1 &); true"]);
        await Eventually.IsTrueAsync(async () => !await bench.ExistsAsync(started.Container), "the container ends");
        var verdict = await bench.VerifyApartAsync(started.Container, mode, image.Image, "#!/bin/sh\necho 1 > /logs/verifier/reward.txt\n");
        Assert.That((verdict.Reward, verdict.RewardProblem), Is.EqualTo(((double?)null, "the agent's container ended by a process of its own before it could be verified")));
    }

    [Test]
    public async Task Who_makes_folders_that_no_engine_can_list_gets_no_clean_verdict_and_no_infrastructure()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync(Base);
        var started = await bench.StartAsync(image.Image);
        await bench.TurnAsync(started.Container, 1, 30, ["n=$(printf '%0200d' 0); for i in $(seq 30); do mkdir $n && cd $n; done; cd /"]);
        var verdict = await bench.VerifyApartAsync(started.Container, VerdictMode.Clean, image.Image, "#!/bin/sh\necho 1 > /logs/verifier/reward.txt\n");
        Assert.That(verdict.RewardProblem, Does.StartWith("what the agent changed cannot be copied: "));
        Assert.That(await LeftAsync(bench), Has.Count.EqualTo(1), "the agent's own container only");
    }

    private static async Task<IReadOnlyList<ContainerFacts>> LeftAsync(SandboxBench bench) =>
        await bench.Gateway.ListAsync($"{SandboxLabels.Attempt}={bench.WorkflowId}", CancellationToken.None);
}

using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Sandbox;

[Category("Docker")]
public sealed class TrialTests
{
    [Test]
    public async Task Goes_from_a_Dockerfile_to_a_reward_and_leaves_no_container()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync("FROM debian:bookworm-slim\nWORKDIR /work\nRUN echo made > made.txt\n");
        var started = await bench.StartAsync(image.Image);

        var (reply, answers) = await bench.TurnAsync(started.Container, 1, 30, ["cat made.txt", "echo answer > out.txt; pwd; exit 3"]);
        var verdict = await bench.VerifyAsync(started.Container, "#!/bin/bash\npwd\ngrep -q answer out.txt && echo 1 > /logs/verifier/reward.txt\nexit 5\n");
        var removed = await bench.DoAsync(sandbox => sandbox.RemoveAsync(new RemoveRequest(started.Container)));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(image.HostQueue, Is.EqualTo($"sandbox-{bench.Host}"));
            Assert.That(image.Cached, Is.False);
            Assert.That(started.Workdir, Is.EqualTo("/work"));
            Assert.That(answers.Select(answer => answer.Content), Is.EqualTo((string[])["made\n", "/work\n[exit code 3]"]));
            Assert.That(reply.Commands, Is.EqualTo(2));
            Assert.That(reply.ExitCode, Is.EqualTo(3));
            Assert.That(verdict.RewardProblem, Is.Null);
            Assert.That(verdict.Reward, Is.EqualTo(1));
            Assert.That(verdict.ExitCode, Is.EqualTo(5));
            Assert.That(removed.Removed, Is.True);
            Assert.That(await bench.ExistsAsync(started.Container), Is.False);
        }
    }
}

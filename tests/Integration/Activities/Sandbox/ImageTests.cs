using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Activities.Sandbox;

[Category("Docker")]
public sealed class ImageTests
{
    [Test]
    public async Task Builds_a_content_once_also_when_asked_twice_at_once()
    {
        await using var bench = new SandboxBench();
        var dockerfile = $"FROM debian:bookworm-slim\nRUN echo {Guid.NewGuid():n} > /id && sleep 1\n";
        var both = await Task.WhenAll(bench.BuildAsync(dockerfile), bench.BuildAsync(dockerfile));
        bench.RestartWorker();
        var later = await bench.BuildAsync(dockerfile);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(both.Count(image => image.Cached), Is.EqualTo(1));
            Assert.That(later.Cached, Is.True);
            Assert.That(both.Append(later).Select(image => image.Image).Distinct().Count(), Is.EqualTo(1));
            Assert.That(await bench.Store.ReadTextAsync(both.Single(image => !image.Cached).Log!, CancellationToken.None), Does.Contain("RUN echo"));
        }
    }

    [TestCase("FROM debian:bookworm-slim\nRUN echo the last words >&2; exit 3\n", "the last words")]
    [TestCase("FROM debian:bookworm-slim\nCOPY not-there /x\n", "not-there")]
    [TestCase("NONSENSE\n", "NONSENSE")]
    [TestCase("", "Dockerfile")]
    public async Task A_Dockerfile_that_does_not_build_fails_for_good_in_the_builders_words(string dockerfile, string words)
    {
        await using var bench = new SandboxBench();
        var failure = await Assert.ThrowsAsync<ApplicationFailureException>(() => bench.BuildAsync(dockerfile, digest: Guid.NewGuid().ToString("n")));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure!.ErrorType, Is.EqualTo(FailureTypes.BuildFailed));
            Assert.That(failure.NonRetryable, Is.True);
            Assert.That(failure.Message, Does.Contain(words));
        }
    }

    [Test]
    public async Task A_build_that_takes_too_long_is_ended()
    {
        await using var bench = new SandboxBench();
        var mark = Guid.NewGuid().ToString("n");
        var failure = await Assert.ThrowsAsync<ApplicationFailureException>(() =>
            bench.BuildAsync($"FROM debian:bookworm-slim\nRUN echo {mark}; sleep 300\n", timeoutSec: 3));
        Assert.That(failure!.ErrorType, Is.EqualTo(FailureTypes.BuildTimedOut));
        Assert.That(failure.Message, Does.Contain("3 s").And.Contain("build_timeout_sec"));
        await NothingRunsAsync(mark);
    }

    [Test]
    public async Task A_silent_build_beats_and_leaves_at_once_when_cancelled()
    {
        await using var bench = new SandboxBench();
        using var cancel = new CancellationTokenSource();
        var mark = Guid.NewGuid().ToString("n");
        var build = bench.BuildAsync($"FROM debian:bookworm-slim\nRUN : {mark}; sleep 300\n", cancellationToken: cancel.Token);
        await Eventually.IsTrueAsync(() => Task.FromResult(bench.Beats.Count >= 4), "four beats", TimeSpan.FromSeconds(20));
        await cancel.CancelAsync();
        Assert.That(async () => await build, Throws.InstanceOf<OperationCanceledException>());
        await NothingRunsAsync(mark);
    }

    [Test]
    public async Task An_image_that_is_here_is_used_and_one_that_cannot_be_had_is_built()
    {
        await using var bench = new SandboxBench();
        var here = await bench.BuildAsync("FROM nothing-of-the-sort\n", image: "debian:bookworm-slim");
        var built = await bench.BuildAsync($"FROM debian:bookworm-slim\nRUN : {Guid.NewGuid():n}\n", image: "localhost:1/not/there:1");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(here.Cached, Is.True);
            Assert.That(built.Cached, Is.False);
            Assert.That(built.Notes, Has.Some.Contains("localhost:1/not/there:1"));
        }
    }

    [Test]
    public async Task An_image_by_digest_is_a_base_like_any_other()
    {
        await using var bench = new SandboxBench();
        var id = (await bench.Gateway.FindImageAsync("debian:bookworm-slim", CancellationToken.None))!.Id;
        var image = await bench.BuildAsync($"FROM {id}\nRUN : {Guid.NewGuid():n}\n");
        Assert.That(image.Cached, Is.False);
    }

    [Test]
    public async Task A_run_without_skills_has_none_of_the_tasks_own()
    {
        await using var bench = new SandboxBench();
        const string dockerfile = "FROM debian:bookworm-slim\nCOPY skills /root/.claude/skills\nCOPY ./skills/ /skills\nCOPY data /data\n";
        var image = await bench.BuildAsync(dockerfile, withoutSkills: true, files: [("skills/a/SKILL.md", "x"), ("data/d", "d")]);
        var started = await bench.StartAsync(image.Image, shell: false);
        Assert.That(await Probe.RunAsync(bench.Gateway, started.Container, "ls -d /data/d /skills /root/.claude 2>/dev/null"), Is.EqualTo("/data/d\n"));
    }

    [Test]
    public async Task An_engine_that_does_not_answer_is_tried_again()
    {
        await using var bench = new SandboxBench(options => options.DockerEndpoint = "unix:///nowhere/docker.sock");
        var failure = await Assert.ThrowsAsync<ApplicationFailureException>(() => bench.BuildAsync("FROM debian:bookworm-slim\n"));
        Assert.That(failure!.ErrorType, Is.EqualTo(FailureTypes.SandboxUnavailable));
        Assert.That(failure.NonRetryable, Is.False);
    }

    /// <summary>The command of a build, which would take five minutes, is gone with the build.</summary>
    private static async Task NothingRunsAsync(string mark)
    {
        using var images = new TestImages();
        await Eventually.PassesAsync(async () => Assert.That(await images.CommandsAsync(), Has.None.Contains(mark)));
    }
}

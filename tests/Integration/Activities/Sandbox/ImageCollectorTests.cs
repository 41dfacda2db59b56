using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Activities.Sandbox;

[Category("Docker")]
public sealed class ImageCollectorTests
{
    [Test]
    public async Task Removes_unused_images_oldest_use_first_until_the_rest_fits()
    {
        await using var bench = new SandboxBench();
        var digests = Enumerable.Range(0, 5).Select(_ => Guid.NewGuid().ToString("n")).ToList();
        var tags = digests.Select(digest => SandboxLabels.ImageTag(digest, withoutSkills: false)).ToList();
        // Three megabytes each that no other image has.
        var built = await Task.WhenAll(digests.Select(digest =>
            bench.BuildAsync($"FROM debian:bookworm-slim\nRUN head -c 3000000 /dev/urandom > /{digest}\n", digest: digest)));
        var now = DateTimeOffset.UtcNow.AddDays(1);
        foreach (var (tag, index) in tags.Select((tag, index) => (tag, index)))
        {
            ImageUse.Mark(tag, index == 4 ? now : now.AddHours(index - 10));
        }

        var started = await bench.StartAsync(built[0].Image, shell: false);
        ImageUse.Mark(tags[0], now.AddHours(-10));
        Requires.Command("docker");
        await DockerAsync("tag", tags[1], $"spark-test-{digests[1]}:kept");
        try
        {
            Assert.That(await CollectAsync(0.010), Is.EqualTo((string[])[tags[2], tags[3]]), "not what a container uses or a person has named, and not more than must go");
            Assert.That(await CollectAsync(0), Is.Empty, "nor what was asked for just now");
            now = now.AddHours(1);
            Assert.That(await CollectAsync(0), Is.EqualTo((string[])[tags[4]]));
            using (Assert.EnterMultipleScope())
            {
                Assert.That(await bench.Gateway.FindImageAsync("debian:bookworm-slim", CancellationToken.None), Is.Not.Null);
                Assert.That(await bench.Gateway.FindImageAsync(tags[0], CancellationToken.None), Is.Not.Null);
                Assert.That(await bench.Gateway.FindImageAsync(tags[1], CancellationToken.None), Is.Not.Null);
                Assert.That(await bench.Gateway.FindImageAsync(tags[4], CancellationToken.None), Is.Null);
                Assert.That(await bench.ExistsAsync(started.Container), Is.True);
            }
        }
        finally
        {
            await DockerAsync("rmi", $"spark-test-{digests[1]}:kept");
        }

        Task<IReadOnlyList<string>> CollectAsync(double gigabytes)
        {
            var collector = new ImageCollector(bench.Gateway, new SandboxOptions { ImagesGb = gigabytes }, new At(now), NullLogger<ImageCollector>.Instance)
            {
                Considers = image => digests.Contains(image.Labels[SandboxLabels.Environment]),
            };
            return collector.CollectAsync(CancellationToken.None);
        }
    }

    [Test]
    public async Task What_is_asked_for_while_it_is_removed_is_built_again()
    {
        await using var bench = new SandboxBench();
        var digest = Guid.NewGuid().ToString("n");
        var dockerfile = $"FROM debian:bookworm-slim\nLABEL id={digest}\n";
        await bench.BuildAsync(dockerfile, digest: digest);
        var tag = SandboxLabels.ImageTag(digest, withoutSkills: false);
        ImageUse.Mark(tag, DateTimeOffset.UtcNow.AddDays(-1));
        Task<Spark.Temporal.Workflows.Contracts.PreparedImage> asked;
        await using (ImageUse.TryBar(tag) ?? throw new AssertionException("nobody else bars it"))
        {
            asked = bench.BuildAsync(dockerfile, digest: digest);
            await Eventually.IsTrueAsync(() => Task.FromResult(ImageUse.LastOf(tag) > DateTimeOffset.UtcNow.AddHours(-1)), "the image counts as used");
            Assert.That(await bench.Gateway.RemoveImageAsync(tag, CancellationToken.None), Is.True);
            Assert.That(asked.IsCompleted, Is.False);
        }

        Assert.That((await asked).Cached, Is.False);
        Assert.That(await bench.Gateway.FindImageAsync((await asked).Image, CancellationToken.None), Is.Not.Null);
    }

    [Test]
    public async Task The_engine_keeps_for_all_its_users_when_an_image_was_asked_for()
    {
        await using var bench = new SandboxBench();
        var digest = Guid.NewGuid().ToString("n");
        var dockerfile = $"FROM debian:bookworm-slim\nLABEL id={digest}\n";
        var built = await bench.BuildAsync(dockerfile, digest: digest);
        var before = (await bench.Gateway.FindImageAsync(built.Image, CancellationToken.None))!.Marked;
        await bench.BuildAsync(dockerfile, digest: digest);

        Assert.That((await bench.Gateway.FindImageAsync(built.Image, CancellationToken.None))!.Marked, Is.GreaterThan(before));
    }

    [Test]
    public async Task An_image_that_went_before_its_container_started_is_lost_and_so_prepared_again()
    {
        await using var bench = new SandboxBench();
        var digest = Guid.NewGuid().ToString("n");
        var built = await bench.BuildAsync($"FROM debian:bookworm-slim\nLABEL id={digest}\n", digest: digest);
        await bench.Gateway.RemoveImageAsync(SandboxLabels.ImageTag(digest, withoutSkills: false), CancellationToken.None);

        var failure = await Assert.ThrowsAsync<ApplicationFailureException>(() => bench.StartAsync(built.Image, shell: false));
        Assert.That((failure!.ErrorType, failure.NonRetryable), Is.EqualTo((FailureTypes.SandboxLost, true)));
    }

    private static async Task DockerAsync(params string[] arguments)
    {
        using var docker = Process.Start(new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true })!;
        await docker.WaitForExitAsync();
        Assert.That(docker.ExitCode, Is.Zero);
    }

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}

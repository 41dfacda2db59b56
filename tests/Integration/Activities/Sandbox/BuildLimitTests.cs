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

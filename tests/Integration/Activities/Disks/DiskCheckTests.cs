using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Disks;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workers;

namespace Spark.Temporal.Tests.Activities.Disks;

/// <summary>What is said of disks with too little room.</summary>
public sealed class DiskCheckTests
{
    private const long MoreThanAnyDisk = 1_000_000_000;

    [Test]
    public void A_threshold_above_what_is_free_is_told_with_folders_figures_and_remedy()
    {
        using var folder = new TemporaryFolder();
        var said = Check(folder, new DiskOptions { LeastFreeMb = MoreThanAnyDisk, LeastFreeInodes = 0 }).OfBatch(folder["not/there/yet"]).Shortages;

        Assert.That(said, Has.Count.EqualTo(1), "the three folders are on one disk");
        Assert.That(said[0], Does.Contain(folder["artifacts"]).And.Contain(folder["state"]).And.Contain(folder["not/there/yet"]));
        Assert.That(said[0], Does.Match("has [0-9,]+ MiB free, less than the 1,000,000,000 MiB of Disk:LeastFreeMb"));
        Assert.That(said[0], Does.Contain("Remove what is not needed there").And.Contain("SPARK_DISK__LEAST_FREE_MB"));
    }

    [Test]
    [Platform("Linux")]
    public void Inodes_run_out_too()
    {
        using var folder = new TemporaryFolder();
        var said = Check(folder, new DiskOptions { LeastFreeMb = 0, LeastFreeInodes = MoreThanAnyDisk }).OfBatch(folder.Path).Shortages;

        Assert.That(said, Has.Count.EqualTo(1));
        Assert.That(said[0], Does.Match("has [0-9,]+ inodes \\(files\\) free, fewer than the 1,000,000,000 of Disk:LeastFreeInodes"));
    }

    [Test]
    public void Nothing_is_said_below_the_threshold_and_with_none()
    {
        using var folder = new TemporaryFolder();
        Assert.That(Check(folder, new DiskOptions { LeastFreeMb = 1, LeastFreeInodes = 1 }).OfBatch(folder.Path).Shortages, Is.Empty);
        Assert.That(Check(folder, new DiskOptions { LeastFreeMb = 0, LeastFreeInodes = 0 }).OfHost(folder.Path).Shortages, Is.Empty);
    }

    [Test]
    public void The_free_space_is_what_the_system_says()
    {
        using var folder = new TemporaryFolder();
        Assert.That(DiskSpace.Of(folder.Path)!.FreeBytes, Is.EqualTo(new DriveInfo(folder.Path).AvailableFreeSpace).Within(256L * 1024 * 1024));
    }

    [Test, Category("Docker")]
    public async Task The_engines_folder_is_among_those_of_a_host()
    {
        var root = (await ProgramRun.OutputAsync("docker", ["info", "--format", "{{.DockerRootDir}}"])).Trim();
        await using var bench = new SandboxBench(configureDisk: disk => disk.LeastFreeMb = MoreThanAnyDisk);
        var said = (await bench.DoAsync(sandbox => sandbox.DiskAsync())).Shortages;

        Assert.That(string.Join('\n', said), Does.Contain(root).And.Contain(HostFolder.Obtain()).And.Contain("docker system df"));
    }

    [Test]
    public void A_workers_settings_are_bound_and_checked()
    {
        using var folder = new TemporaryFolder();
        var services = new ServiceCollection().AddSparkWorkers(new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("Worker:StateFolder", folder["state"]), new("Worker:ArtifactFolder", folder["artifacts"]), new("Worker:HostName", "here"),
            new("Disk:LeastFreeMb", $"{MoreThanAnyDisk}"), new("Disk:LeastFreeInodes", "-1"),
        ]).Build());
        using var provider = services.BuildServiceProvider();

        var mistake = Assert.Throws<OptionsValidationException>(() => _ = provider.GetRequiredService<IOptions<DiskOptions>>().Value);
        Assert.That(mistake!.Message, Does.Contain("Disk:LeastFreeInodes"));
        services.PostConfigure<DiskOptions>(disk => disk.LeastFreeInodes = 0);
        using var right = services.BuildServiceProvider();
        Assert.That(right.GetRequiredService<DiskCheck>().OfBatch(folder.Path).Shortages, Has.One.Contains(folder["artifacts"]));
    }

    private static DiskCheck Check(TemporaryFolder folder, DiskOptions options)
    {
        options.StateFolder = folder["state"];
        options.ArtifactFolder = folder["artifacts"];
        return new DiskCheck(options);
    }
}

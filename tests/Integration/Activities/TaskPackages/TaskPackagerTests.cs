using System.Formats.Tar;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.TaskPackages;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.TaskPackages;

[Platform(Exclude = "Win")]
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public class TaskPackagerTests
{
    private TemporaryFolder _folder = null!;
    private FileArtifactStore _store = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _store = new FileArtifactStore(_folder["store"]);
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task Round_trips_every_part()
    {
        MakeTask("Task Ä 1");
        _folder.Write("Task Ä 1/tests/data/test - dem ä.txt", "content");
        _folder.Write("Task Ä 1/environment/" + new string('d', 60) + "/" + new string('f', 90), "long");
        Directory.CreateDirectory(_folder["Task Ä 1/environment/empty"]);
        File.SetUnixFileMode(_folder["Task Ä 1/solution/solve.sh"], UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var package = await PackAsync("Task Ä 1");

        Assert.That(package.Name, Is.EqualTo("task-1-f6998546"), "a name that is not ASCII has a hash, so that two such names keep apart");
        Assert.That(package.SourcePath, Is.EqualTo(_folder["Task Ä 1"]));
        Assert.That(await _store.ReadTextAsync(package.Instruction, default), Is.EqualTo("Do it.\n"));
        Assert.That(await ListAsync(package.Tests), Is.EqualTo(new[] { "data/", "data/test - dem ä.txt=content", "test.sh=true" }));
        Assert.That(await ListAsync(package.Solution!), Is.EqualTo(new[] { "solve.sh=true" }));
        Assert.That(await ListAsync(package.Environment!), Is.EqualTo(new[]
        {
            "Dockerfile=FROM scratch", new string('d', 60) + "/", new string('d', 60) + "/" + new string('f', 90) + "=long", "empty/",
        }));
        await foreach (var entry in EntriesAsync(package.Solution!))
        {
            Assert.That(entry.Mode, Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserExecute));
            Assert.That((entry.Uid, entry.Gid, entry.ModificationTime), Is.EqualTo((0, 0, DateTimeOffset.UnixEpoch)));
        }
    }

    [Test]
    public async Task Gives_the_same_digests_for_the_same_content_and_others_for_other()
    {
        MakeTask("a");
        MakeTask("b");
        File.SetLastWriteTimeUtc(_folder["b/environment/Dockerfile"], new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var (first, second) = (await PackAsync("a"), await PackAsync("b"));
        Assert.That((second.Digest, second.EnvironmentDigest, second.Tests), Is.EqualTo((first.Digest, first.EnvironmentDigest, first.Tests)));

        _folder.Write("b/tests/test.sh", "false");
        var tests = await PackAsync("b");
        Assert.That(tests.Digest, Is.Not.EqualTo(first.Digest));
        Assert.That(tests.EnvironmentDigest, Is.EqualTo(first.EnvironmentDigest));

        _folder.Write("b/environment/data.txt", "x");
        Assert.That((await PackAsync("b")).EnvironmentDigest, Is.Not.EqualTo(first.EnvironmentDigest));
    }

    [Test]
    public async Task Leaves_out_what_dockerignore_says_and_counts_it_in_no_environment_digest()
    {
        MakeTask("a");
        var before = (await PackAsync("a")).EnvironmentDigest;
        _folder.Write("a/environment/.dockerignore", "junk\n!junk/keep.txt\n");
        _folder.Write("a/environment/junk/keep.txt", "kept");
        _folder.Write("a/environment/junk/other.txt", "1");
        var package = await PackAsync("a");
        Assert.That(
            await ListAsync(package.Environment!),
            Is.EqualTo(new[] { ".dockerignore=junk\n!junk/keep.txt\n", "Dockerfile=FROM scratch", "junk/", "junk/keep.txt=kept" }));
        _folder.Write("a/environment/junk/other.txt", "2");
        Assert.That((await PackAsync("a")).EnvironmentDigest, Is.EqualTo(package.EnvironmentDigest).And.Not.EqualTo(before));
    }

    [Test]
    public async Task Keeps_links_within_a_part_and_replaces_those_that_leave_it()
    {
        MakeTask("a");
        _folder.Write("a/shared/common.sh", "shared");
        File.CreateSymbolicLink(_folder["a/tests/inside"], "test.sh");
        File.CreateSymbolicLink(_folder["a/tests/file"], "../shared/common.sh");
        Directory.CreateSymbolicLink(_folder["a/tests/folder"], "../shared");
        var package = await PackAsync("a");
        Assert.That(await ListAsync(package.Tests), Is.EqualTo(new[]
        {
            "file=shared", "folder/", "folder/common.sh=shared", "inside->test.sh", "test.sh=true",
        }));
    }

    [Test]
    public async Task Has_no_environment_when_the_task_only_names_an_image()
    {
        MakeTask("a", "[environment]\ndocker_image = \"one\"");
        MakeTask("b", "[environment]\ndocker_image = \"two\"");
        Directory.Delete(_folder["a/environment"], recursive: true);
        Directory.Delete(_folder["b/environment"], recursive: true);
        var (first, second) = (await PackAsync("a"), await PackAsync("b"));
        Assert.That(first.Environment, Is.Null);
        Assert.That(first.EnvironmentDigest, Has.Length.EqualTo(64).And.Not.EqualTo(second.EnvironmentDigest));
    }

    [Test]
    public async Task Says_every_finding_of_a_broken_task()
    {
        MakeTask("a", "[agent]\ntimeout_sec = 0\n[environment]\ncpus = 0");
        File.Delete(_folder["a/instruction.md"]);
        var invalid = (await Assert.ThrowsAsync<InvalidTaskException>(() => PackAsync("a")))!;
        Assert.That(invalid.Message, Does.Contain("task.toml:2:").And.Contains("task.toml:4:").And.Contains("instruction.md"));
    }

    [Test]
    public void Refuses_a_folder_that_is_not_there()
    {
        Assert.That(() => PackAsync("nowhere"), Throws.TypeOf<InvalidTaskException>().With.Message.Contains("there is no such folder"));
    }

    [Test]
    public void Refuses_a_pipe_without_waiting_for_it()
    {
        MakeTask("a");
        System.Diagnostics.Process.Start("mkfifo", _folder["a/environment/pipe"])!.WaitForExit();
        Assert.That(() => PackAsync("a"), Throws.TypeOf<InvalidTaskException>().With.Message.Contains("environment/pipe"));
    }

    [TestCase("3d-scan-calc", 0)]
    [TestCase("dialogue-parser", 1)]
    public async Task Reads_a_published_task(string task, int notes)
    {
        var package = await new TaskPackager(_store).PackAsync(Path.Combine(Requires.SharedData("skillsbench/tasks"), task), default);
        Assert.That(package.Notes, Has.Count.EqualTo(notes));
        Assert.That(package.Notes, Has.All.Contains("[environment] image"));
        Assert.That((package.Name, package.Settings.AgentTimeoutSec, package.Settings.MemoryMb), Is.EqualTo((task, 900.0, 4096L)));
        Assert.That(await ListAsync(package.Environment!), Has.Some.StartsWith("Dockerfile=").And.Some.StartsWith("skills/"));
    }

    private void MakeTask(string name, string toml = "")
    {
        _folder.Write($"{name}/task.toml", toml);
        _folder.Write($"{name}/instruction.md", "Do it.\n");
        _folder.Write($"{name}/environment/Dockerfile", "FROM scratch");
        _folder.Write($"{name}/tests/test.sh", "true");
        _folder.Write($"{name}/solution/solve.sh", "true");
    }

    private Task<TaskPackage> PackAsync(string name) => new TaskPackager(_store).PackAsync(_folder[name], default);

    private async IAsyncEnumerable<TarEntry> EntriesAsync(ArtifactRef tar)
    {
        await using var stream = await _store.OpenAsync(tar, default);
        await using var reader = new TarReader(stream);
        while (await reader.GetNextEntryAsync(copyData: true) is { } entry)
        {
            yield return entry;
        }
    }

    private async Task<List<string>> ListAsync(ArtifactRef tar)
    {
        var list = new List<string>();
        await foreach (var entry in EntriesAsync(tar))
        {
            list.Add(entry.EntryType switch
            {
                TarEntryType.Directory => entry.Name,
                TarEntryType.SymbolicLink => $"{entry.Name}->{entry.LinkName}",
                _ => $"{entry.Name}={(entry.DataStream is null ? "" : await new StreamReader(entry.DataStream).ReadToEndAsync())}",
            });
        }

        return list;
    }
}

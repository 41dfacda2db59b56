using System.Formats.Tar;
using Docker.DotNet;
using Docker.DotNet.Models;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>What is read of a container through the host says the same as the engine, and nothing where a container lays a trap.</summary>
[Category("Docker")]
public sealed class HostViewTests
{
    private const string Setup =
        """
        umask 022; mkdir -p /v/plain/sub /v/many /v/deep; cd /v/plain
        echo one > a; printf '' > empty; echo two > sub/b; ln -s /etc/passwd link; ln -s sub folder-link; chmod 4750 sub/b; chown 1234:77 a; touch -d '2020-01-02 03:04:05.6' a
        mkdir /v/hard /v/fifo /v/large /v/odd; echo x > /v/hard/1; ln /v/hard/1 /v/hard/2; mkfifo /v/fifo/f; head -c 2000000 /dev/zero > /v/large/f
        touch "/v/odd/$(printf 'a\nb')"; for i in $(seq 300); do : > /v/many/$i; done
        ln -s /v/plain /v/way; ln -s /v/plain/a /v/file
        n=/v/deep; for i in $(seq 20); do n=$n/d; done; mkdir -p $n
        """;

    [Test]
    public async Task Small_folders_are_read_as_the_engine_gives_them()
    {
        await using var bench = new SandboxBench();
        var (container, process, gateway) = await StartAsync(bench);
        foreach (var path in (string[])["/v/plain", "/v/plain/a", "/v/plain/sub"])
        {
            await using var near = await HostView.ReadAsync(process, container, path, CancellationToken.None);
            await using var far = await gateway.ArchiveAsync(container, path, CancellationToken.None);
            Assert.That(await EntriesAsync(near!), Is.EquivalentTo(await EntriesAsync(far!)), path);
        }
    }

    [TestCase("/v/hard", TestName = "A file with two names")]
    [TestCase("/v/fifo", TestName = "A queue, which nobody writes to")]
    [TestCase("/v/large", TestName = "A large file")]
    [TestCase("/v/many", TestName = "Many files")]
    [TestCase("/v/odd", TestName = "A name with a line end")]
    [TestCase("/v/deep", TestName = "Many folders in each other")]
    [TestCase("/v/way", TestName = "A link in place of the folder")]
    [TestCase("/v/way/sub", TestName = "A link on the way")]
    [TestCase("/v/file", TestName = "A link in place of a file")]
    [TestCase("/v/none", TestName = "Nothing there")]
    [TestCase("/../../etc", TestName = "A way out of the container")]
    [TestCase("/", TestName = "All of it")]
    public async Task The_engine_is_asked_about(string path)
    {
        await using var bench = new SandboxBench();
        var (container, process, _) = await StartAsync(bench);
        Assert.That(await HostView.ReadAsync(process, container, path, CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task A_number_that_is_another_process_by_now_gives_nothing()
    {
        await using var bench = new SandboxBench();
        var (container, _, gateway) = await StartAsync(bench);
        Assert.That(await HostView.ReadAsync(Environment.ProcessId, container, "/etc/hostname", CancellationToken.None), Is.Null);
        Assert.That(HostProcesses.Of(Environment.ProcessId, container), Is.Null);
        await using var text = await gateway.GetAsync(container, "/v/plain/a", CancellationToken.None);
        Assert.That(await EntriesAsync(text!), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Processes_are_those_that_the_engine_lists()
    {
        await using var bench = new SandboxBench();
        var (container, process, _) = await StartAsync(bench, "(sleep 77 & sleep 78 & exec -a 'odd ) (name' sleep 79) > /dev/null 2>&1 &");
        using var engine = Engine();
        await Eventually.PassesAsync(async () =>
        {
            var listed = await engine.Containers.ListProcessesAsync(container, new ContainerListProcessesParameters { PsArgs = "-eo pid,ppid,args" });
            Assert.That(
                HostProcesses.Of(process, container)!.Select(one => (one.Id, one.Parent, one.Command)),
                Is.EquivalentTo(listed.Processes!.Select(row => (row[0], row[1], string.Join(' ', row.Skip(2))))));
            Assert.That(HostProcesses.Of(process, container), Has.Count.GreaterThan(4));
        });
    }

    [Test]
    public async Task What_was_written_is_all_that_the_engine_lists_and_more()
    {
        await using var bench = new SandboxBench();
        var (container, _, gateway) = await StartAsync(bench, "rm /etc/issue; t=$(stat -c %y /bin/ls); cp -p /bin/ls /tmp/ls; cat /tmp/ls > /bin/ls; touch -d \"$t\" /bin/ls; ln -s /etc /v/etc");
        var written = await gateway.WrittenAsync(container, CancellationToken.None);
        var listed = (await gateway.AllChangesAsync(container, CancellationToken.None)).Select(change => change.Path)
            .Where(path => !SandboxScripts.EnginesOwn.Contains(path) && path is not "/dev" and not "/dev/console");
        Assert.That(listed.Except(written), Is.Empty);
        Assert.That(written, Does.Contain("/usr/bin/ls").And.Contain("/etc/issue").And.Contain("/v/etc"), "with length and time as before, gone, a link");
        Assert.That(written.Where(path => path.StartsWith("/v/etc/", StringComparison.Ordinal)), Is.Empty, "links are not followed");
    }

    private static async Task<(string Container, long Process, DockerContainerGateway Gateway)> StartAsync(SandboxBench bench, string more = "")
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("only root may look into containers");
        }

        var started = await bench.StartAsync(settings: new TaskSettings(), shell: true);
        await bench.TurnAsync(started.Container, 1, 30, [$"{Setup}\n{more}"]);
        using var engine = Engine();
        return (started.Container, (await engine.Containers.InspectContainerAsync(started.Container)).State!.Pid, (DockerContainerGateway)bench.Gateway);
    }

    private static DockerClient Engine() => new DockerClientBuilder().WithApiVersion(new System.Version(1, 41)).Build();

    private static async Task<List<string>> EntriesAsync(Stream tar)
    {
        List<string> entries = [];
        await foreach (var entry in TarPack.ReadAsync(tar, CancellationToken.None))
        {
            // A link has no permissions of its own.
            var mode = entry.EntryType is TarEntryType.SymbolicLink ? 0 : (int)entry.Mode;
            var text = TarPack.IsFile(entry) ? await TarPack.TextAsync(entry, CancellationToken.None) : "";
            entries.Add($"{entry.EntryType} {entry.Name} {Convert.ToString(mode, 8)} {(mode == 0 ? "" : $"{entry.Uid}:{entry.Gid} {entry.ModificationTime:s}")} {entry.LinkName} {text}");
        }

        return entries;
    }
}

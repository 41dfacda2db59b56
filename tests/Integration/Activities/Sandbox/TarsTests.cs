using System.Formats.Tar;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Artifacts.Results;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>What comes out of a container is hostile.</summary>
public sealed class TarsTests
{
    private const long FileBytes = 1000;

    [Test]
    public async Task A_folder_of_very_many_files_comes_home_cut_and_says_so()
    {
        var home = await HomeAsync(Enumerable.Range(1, Tars.MostEntries + 500).Select(number => new PaxTarEntry(TarEntryType.RegularFile, $"agent/{number}")));

        Assert.That(home.Files, Is.EqualTo(Tars.MostEntries));
        Assert.That(home.Notes, Has.Exactly(1).Contains("more than 20,000 entries"));
    }

    [Test]
    public async Task Of_many_files_that_are_too_large_few_are_named()
    {
        var home = await HomeAsync(Enumerable.Range(1, 300).Select(number => Plain($"agent/{number}-{new string('n', 90)}", new byte[FileBytes + 1])));

        Assert.That((home.Files, home.Notes.Count), Is.EqualTo((0, 11)));
        Assert.That(home.Notes[^1], Does.Contain("290 more files"));
    }

    [Test]
    public async Task Nothing_is_written_outside_the_folder_and_nothing_but_files_into_it()
    {
        using var folder = new TemporaryFolder();
        var store = new FileArtifactStore(folder["store"]);
        Directory.CreateDirectory(folder["outside"]);
        var archive = await store.PutBytesAsync(
            Tar(
            [
                Plain("../outside/up", [1]),
                Plain(folder["outside/absolute"], [1]),
                new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = folder["outside"] },
                Plain("link/through", [1]),
                new PaxTarEntry(TarEntryType.SymbolicLink, "passwd") { LinkName = "/etc/passwd" },
                new PaxTarEntry(TarEntryType.HardLink, "hard") { LinkName = "/etc/passwd" },
                new PaxTarEntry(TarEntryType.CharacterDevice, "null") { DeviceMajor = 1, DeviceMinor = 3 },
                new PaxTarEntry(TarEntryType.Fifo, "pipe"),
                Plain("kept", [1]),
            ]),
            MediaTypes.Tar,
            CancellationToken.None);

        await new ResultFolder(store, folder["results"]).UnpackAsync("agent", archive, CancellationToken.None);

        Assert.That(Directory.EnumerateFileSystemEntries(folder["outside"]), Is.Empty);
        Assert.That(
            Directory.EnumerateFiles(folder["results"], "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder["results/agent"], file)),
            Is.EquivalentTo(new[] { "kept", "link/through" }));
    }

    private static Task<FetchedFolder> HomeAsync(IEnumerable<TarEntry> entries) =>
        Tars.HomeAsync(new MemoryStream(Tar(entries)), "/logs/agent", FileBytes, 10 * FileBytes, _ => false, CancellationToken.None);

    private static PaxTarEntry Plain(string name, byte[] content) => new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) };

    private static byte[] Tar(IEnumerable<TarEntry> entries)
    {
        using var buffer = new MemoryStream();
        using (var tar = new TarWriter(buffer, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                tar.WriteEntry(entry);
            }
        }

        return buffer.ToArray();
    }
}

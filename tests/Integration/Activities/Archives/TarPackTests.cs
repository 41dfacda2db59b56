using System.Formats.Tar;
using Spark.Temporal.Activities.Archives;

namespace Spark.Temporal.Tests.Activities.Archives;

public sealed class TarPackTests
{
    [Test]
    public async Task Files_are_read_by_their_names_in_one_pass()
    {
        using var tar = new MemoryStream(TarPacker.Bytes(packer =>
        {
            packer.Folder("a.");
            packer.File("./first.txt", "\uFEFF1");
            packer.File("a./second.txt", "2");
            packer.File("first.txt", "another");
        }));

        var texts = await TarPack.TextsAsync(tar, ["first.txt", "a./second.txt", "third.txt"], default);

        Assert.That(texts, Is.EquivalentTo(new Dictionary<string, string> { ["first.txt"] = "1", ["a./second.txt"] = "2" }));
    }

    [Test]
    public async Task Of_a_text_no_more_than_its_bound_is_read()
    {
        using var tar = new MemoryStream(TarPacker.Bytes(packer => packer.File("long.txt", new byte[TarPack.MostTextBytes + 1000])));
        Assert.That((await TarPack.TextAsync(tar, "long.txt", default))!, Has.Length.EqualTo(TarPack.MostTextBytes));
    }

    [Test]
    public void A_path_beyond_what_Linux_takes_is_refused()
    {
        using var tar = new MemoryStream(TarPacker.Bytes(packer => packer.File(new string('n', TarPack.MostPathCharacters + 1), "")));
        Assert.That(async () => await TarPack.TextAsync(tar, "x", default), Throws.TypeOf<InvalidDataException>().With.Message.Contains("more than 4,096 characters"));
    }

    [Test]
    public void An_archive_that_breaks_off_is_refused()
    {
        var whole = TarPacker.Bytes(packer => packer.File("a", new byte[5000]));
        using var half = new MemoryStream(whole[..2500]);
        Assert.That(async () => await TarPack.TextAsync(half, "a", default), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task The_same_content_is_the_same_archive()
    {
        var first = await PackAsync();
        Assert.That(await PackAsync(), Is.EqualTo(first));

        // No entry holds a time of its own, so a later second gives the same bytes too.
        List<GnuTarEntry> entries = [];
        using var archive = new MemoryStream(first);
        await foreach (var entry in TarPack.ReadAsync(archive, default))
        {
            entries.Add((GnuTarEntry)entry);
        }

        Assert.That(entries.SelectMany(entry => new[] { entry.ModificationTime, entry.AccessTime, entry.ChangeTime }), Has.Exactly(9).EqualTo(DateTimeOffset.UnixEpoch));

        async Task<byte[]> PackAsync()
        {
            using var buffer = new MemoryStream();
            await using (var packer = TarPacker.Reproducible(buffer))
            {
                packer.Folder("folder/");
                packer.File($"folder/{new string('ü', 120)}", [1, 2], TarPacker.Program, new TarOwner(7, 8));
                await packer.LinkAsync("link", "folder", default);
            }

            return buffer.ToArray();
        }
    }

    [Test]
    public async Task A_copy_keeps_mode_time_and_target_but_not_the_owner()
    {
        using var source = new MemoryStream();
        using (var writer = new TarWriter(source, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a") { Mode = UnixFileMode.UserRead, Uid = 5, Gid = 6, ModificationTime = DateTimeOffset.UnixEpoch.AddDays(1) });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "b") { LinkName = "/c" });
        }

        source.Position = 0;
        using var copied = new MemoryStream();
        await using (var packer = TarPacker.Into(copied))
        {
            await foreach (var entry in TarPack.ReadAsync(source, default))
            {
                await packer.CopyAsync(entry, $"below/{entry.Name}", default);
            }
        }

        copied.Position = 0;
        List<(string, UnixFileMode, int, long, string)> seen = [];
        await foreach (var entry in TarPack.ReadAsync(copied, default))
        {
            seen.Add((entry.Name, entry.Mode, entry.Uid, entry.ModificationTime.ToUnixTimeSeconds(), entry.LinkName));
        }

        Assert.That(seen[0], Is.EqualTo(("below/a", UnixFileMode.UserRead, 0, 86_400L, "")));
        Assert.That((seen[1].Item1, seen[1].Item5), Is.EqualTo(("below/b", "/c")));
    }
}

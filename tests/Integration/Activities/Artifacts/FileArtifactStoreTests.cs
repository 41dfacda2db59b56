using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Artifacts;

public sealed class FileArtifactStoreTests : ArtifactStoreContract
{
    private TemporaryFolder? _folder;

    [TearDown]
    public void Remove() => _folder?.Dispose();

    [Test]
    public async Task Two_stores_on_one_folder_are_one()
    {
        var reference = await Store.PutTextAsync("shared", CancellationToken.None);
        await Store.PutKeyAsync("key", "value", CancellationToken.None);

        var other = new FileArtifactStore(_folder!["store"]);

        Assert.That(await other.ReadTextAsync(reference, CancellationToken.None), Is.EqualTo("shared"));
        Assert.That(await other.PutKeyAsync("key", "other", CancellationToken.None), Is.EqualTo("value"));
    }

    [Test]
    public async Task A_full_disk_is_said_with_path_and_remedy_and_what_was_there_can_be_read()
    {
        using var disk = new SmallDisk(1);
        var store = new FileArtifactStore(disk["store"]);
        var before = await store.PutTextAsync("before", CancellationToken.None);
        disk.Fill();

        var put = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.PutTextAsync(new string('x', 100_000), CancellationToken.None));
        var key = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.PutKeyAsync("key", "value", CancellationToken.None));
        var read = await store.ReadTextAsync(before, CancellationToken.None);
        disk.Free();

        Assert.That(put!.Message, Does.Contain(disk["store"]).And.Contain("No space left").And.Contain("Free space"));
        Assert.That(key!.Message, Does.Contain("Free space"));
        Assert.That(read, Is.EqualTo("before"));
        Assert.That(await store.PutKeyAsync("key", "value", CancellationToken.None), Is.EqualTo("value"), "no half of it is left");
    }

    [Test]
    public async Task A_disk_that_is_not_mounted_any_more_is_no_empty_store()
    {
        var reference = await Store.PutTextAsync("there", CancellationToken.None);
        await Store.PutKeyAsync("key", "value", CancellationToken.None);
        Directory.Move(_folder!["store"], _folder["away"]);
        Directory.CreateDirectory(_folder["store"]);

        Assert.Multiple(async () =>
        {
            Assert.That(async () => await Store.GetKeyAsync("key", CancellationToken.None), Throws.TypeOf<StoreUnavailableException>().With.Message.Contains("mounted"));
            Assert.That(async () => await Store.OpenAsync(reference, CancellationToken.None), Throws.TypeOf<StoreUnavailableException>());
            Assert.That(async () => await Store.PutTextAsync("new", CancellationToken.None), Throws.TypeOf<StoreUnavailableException>());
            Assert.That(async () => await new FileArtifactStore(_folder["store"]).OpenAsync(reference, CancellationToken.None), Throws.TypeOf<StoreUnavailableException>());
            Assert.That(Directory.EnumerateFileSystemEntries(_folder["store"]), Is.Empty, "nothing is begun in its place");
            await Task.CompletedTask;
        });
        Directory.Delete(_folder["store"]);
        Directory.Move(_folder["away"], _folder["store"]);

        Assert.That(await Store.GetKeyAsync("key", CancellationToken.None), Is.EqualTo("value"));
    }

    [Test]
    public async Task Trouble_with_where_content_comes_from_is_not_the_stores()
    {
        await using var broken = new BrokenStream();

        await Assert.ThrowsAsync<IOException>(() => Store.PutAsync(broken, MediaTypes.Bytes, CancellationToken.None));
    }

    protected override Task<IArtifactStore> NewStoreAsync()
    {
        _folder = new TemporaryFolder();
        return Task.FromResult<IArtifactStore>(new FileArtifactStore(_folder["store"]));
    }

    protected override Task DamageAsync(ArtifactRef reference, byte[] instead) =>
        File.WriteAllBytesAsync(_folder![$"store/sha256/{reference.Sha256[..2]}/{reference.Sha256[2..]}"], instead);

    protected override Task<IReadOnlyList<string>> LeftoversAsync() => Task.FromResult<IReadOnlyList<string>>(
        [.. Directory.EnumerateFiles(_folder!.Path, "*", SearchOption.AllDirectories)]);

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("the connection broke");
    }
}

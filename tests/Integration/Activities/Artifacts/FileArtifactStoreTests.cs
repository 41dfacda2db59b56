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

    protected override Task<IArtifactStore> NewStoreAsync()
    {
        _folder = new TemporaryFolder();
        return Task.FromResult<IArtifactStore>(new FileArtifactStore(_folder["store"]));
    }

    protected override Task DamageAsync(ArtifactRef reference, byte[] instead) =>
        File.WriteAllBytesAsync(_folder![$"store/sha256/{reference.Sha256[..2]}/{reference.Sha256[2..]}"], instead);

    protected override Task<IReadOnlyList<string>> LeftoversAsync() => Task.FromResult<IReadOnlyList<string>>(
        [.. Directory.EnumerateFiles(_folder!.Path, "*", SearchOption.AllDirectories)]);
}

using System.Security.Cryptography;
using System.Text;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Activities.Artifacts;

/// <summary>What every artifact store does; one fixture per store runs it.</summary>
public abstract class ArtifactStoreContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>An empty store.</summary>
    protected IArtifactStore Store { get; private set; } = null!;

    [SetUp]
    public async Task OpenStoreAsync() => Store = await NewStoreAsync();

    [Test]
    public async Task Content_comes_back_as_it_was_put_under_its_hash()
    {
        var content = Encoding.UTF8.GetBytes("grüße\r\n\0binary");

        var reference = await Store.PutBytesAsync(content, MediaTypes.Bytes, None);

        Assert.That(reference, Is.EqualTo(new ArtifactRef(Convert.ToHexStringLower(SHA256.HashData(content)), content.Length, MediaTypes.Bytes)));
        Assert.That(await ReadAsync(reference), Is.EqualTo(content));
        Assert.That(await Store.ContainsAsync(reference, None), Is.True);
    }

    [Test]
    public async Task Empty_content_is_content()
    {
        var reference = await Store.PutTextAsync("", None);

        Assert.That(reference.Length, Is.Zero);
        Assert.That(await Store.ReadTextAsync(reference, None), Is.Empty);
    }

    [Test]
    public async Task The_same_content_twice_is_one_artifact()
    {
        var first = await Store.PutTextAsync("same", None);
        var second = await Store.PutTextAsync("same", None);

        Assert.That(second, Is.EqualTo(first));
        Assert.That(await Store.ReadTextAsync(second, None), Is.EqualTo("same"));
    }

    [Test]
    public async Task Many_writers_of_the_same_content_do_not_disturb_each_other_or_a_reader()
    {
        var text = new string('x', 200_000);
        var reference = await Store.PutTextAsync(text, None);

        var writing = Enumerable.Range(0, 16).Select(_ => Task.Run(() => Store.PutTextAsync(text, None)));
        var reading = Enumerable.Range(0, 16).Select(_ => Task.Run(() => Store.ReadTextAsync(reference, None)));

        Assert.That(await Task.WhenAll(writing), Is.All.EqualTo(reference));
        Assert.That(await Task.WhenAll(reading), Is.All.EqualTo(text));
    }

    [Test]
    public async Task What_was_never_put_is_lost()
    {
        await Store.PutTextAsync("something else", None);
        var reference = new ArtifactRef(new string('0', 64), 3, MediaTypes.Text);

        var lost = await Assert.ThrowsAsync<ArtifactLostException>(() => Store.OpenAsync(reference, None));

        Assert.That(lost!.Reference, Is.EqualTo(reference));
        Assert.That(await Store.ContainsAsync(reference, None), Is.False);
    }

    [TestCase("damagee")]
    [TestCase("dam")]
    [TestCase("")]
    public async Task Damaged_content_is_not_handed_out(string instead)
    {
        var reference = await Store.PutTextAsync("damaged", None);
        await DamageAsync(reference, Encoding.UTF8.GetBytes(instead));

        await Assert.ThrowsAsync<ArtifactLostException>(() => ReadAsync(reference));
    }

    [Test]
    public async Task Putting_damaged_content_again_mends_it()
    {
        var reference = await Store.PutTextAsync("damaged", None);
        await DamageAsync(reference, Encoding.UTF8.GetBytes("damagee"));

        await Store.PutTextAsync("damaged", None);

        Assert.That(await Store.ReadTextAsync(reference, None), Is.EqualTo("damaged"));
    }

    [Test]
    [NonParallelizable]
    public async Task A_hundred_megabytes_stream_through_without_being_held()
    {
        const long Length = 100L * 1024 * 1024;

        // The whole process is counted: no other test may run meanwhile, and the least of a few times is what this takes.
        var least = long.MaxValue;
        for (var time = 0; time < 5 && least >= Length / 2; time++)
        {
            least = Math.Min(least, await AllocatedByStreamingAsync(Length));
        }

        Assert.That(least, Is.LessThan(Length / 2));
    }

    [Test]
    public async Task A_put_that_breaks_off_leaves_nothing()
    {
        await Assert.ThrowsAsync<IOException>(() => Store.PutAsync(new PatternStream(1_000_000, breaksAt: 500_000), MediaTypes.Bytes, None));

        Assert.That(await LeftoversAsync(), Is.Empty);
    }

    [Test]
    public async Task A_key_keeps_its_first_value()
    {
        const string Key = "llm/skill/batch a/ünïcode/../1";

        Assert.That(await Store.GetKeyAsync(Key, None), Is.Null);
        Assert.That(await Store.PutKeyAsync(Key, "first", None), Is.EqualTo("first"));
        Assert.That(await Store.PutKeyAsync(Key, "second", None), Is.EqualTo("first"));
        Assert.That(await Store.GetKeyAsync(Key, None), Is.EqualTo("first"));
        Assert.That(await Store.GetKeyAsync(Key + "/sent", None), Is.Null);
    }

    [Test]
    public async Task Of_many_who_put_a_key_at_once_one_wins_and_all_are_told_so()
    {
        for (var round = 0; round < 20; round++)
        {
            var key = $"race/{round}";
            using var start = new Barrier(8);
            var values = await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return Store.PutKeyAsync(key, $"writer {writer}", None);
                },
                None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap()));

            Assert.That(values.Distinct().ToList(), Has.Count.EqualTo(1));
            Assert.That(await Store.GetKeyAsync(key, None), Is.EqualTo(values[0]));
        }
    }

    [Test]
    public async Task A_conversation_is_read_oldest_first_and_shares_its_beginning()
    {
        var start = await Store.AppendAsync(null, [Said("a"), Said("b")], None);
        var one = await Store.AppendAsync(start, [Said("c")], None);
        var other = await Store.AppendAsync(start, [Said("d")], None);

        Assert.That((await Store.ReadConversationAsync(one, None)).Select(message => message.Content), Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That((await Store.ReadConversationAsync(other, None)).Select(message => message.Content), Is.EqualTo(new[] { "a", "b", "d" }));
    }

    protected abstract Task<IArtifactStore> NewStoreAsync();

    /// <summary>Puts other bytes where the store keeps an artifact.</summary>
    protected abstract Task DamageAsync(ArtifactRef reference, byte[] instead);

    /// <summary>Names of what an interrupted write left behind.</summary>
    protected abstract Task<IReadOnlyList<string>> LeftoversAsync();

    private static ChatMessage Said(string content) => new() { Role = ChatRoles.User, Content = content };

    private async Task<byte[]> ReadAsync(ArtifactRef reference)
    {
        await using var content = await Store.OpenAsync(reference, None);
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy);
        return copy.ToArray();
    }

    private async Task<long> AllocatedByStreamingAsync(long length)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var reference = await Store.PutAsync(new PatternStream(length), MediaTypes.Tar, None);
        long read = 0;
        await using (var content = await Store.OpenAsync(reference, None))
        {
            var buffer = new byte[81920];
            for (int count; (count = await content.ReadAsync(buffer, None)) > 0;)
            {
                read += count;
            }
        }

        Assert.That(reference.Length, Is.EqualTo(length));
        Assert.That(read, Is.EqualTo(length));
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }
}

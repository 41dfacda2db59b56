using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Activities.Artifacts;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Redaction;

/// <summary>A store like any other, but for secrets.</summary>
public sealed class RedactingArtifactStoreTests : ArtifactStoreContract
{
    private const string Secret = "plain-secret-value";

    private static readonly SecretRedactor Redactor = new([Secret, "another-secret"]);

    private TemporaryFolder? _folder;

    [TearDown]
    public void Remove() => _folder?.Dispose();

    [Test]
    public async Task Nothing_that_is_put_holds_a_secret()
    {
        var reference = await Store.PutTextAsync($"the key is {Secret}!", CancellationToken.None);
        var key = await Store.PutKeyAsync("k", $"value {Secret}", CancellationToken.None);

        Assert.That(await Store.ReadTextAsync(reference, CancellationToken.None), Is.EqualTo("the key is [redacted]********!"));
        Assert.That(key, Does.Not.Contain(Secret));
    }

    [TestCase(1)]
    [TestCase(81_920)]
    [TestCase(300_000)]
    public async Task Where_there_is_no_secret_everything_is_kept_as_it_is(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        using var folder = new TemporaryFolder();
        var store = new RedactingArtifactStore(new FileArtifactStore(folder.Path), new SecretRedactor([]));

        var reference = await store.PutBytesAsync(content, MediaTypes.Bytes, CancellationToken.None);

        await using var stored = await store.OpenAsync(reference, CancellationToken.None);
        using var read = new MemoryStream();
        await stored.CopyToAsync(read);
        Assert.That(read.ToArray(), Is.EqualTo(content));
    }

    [Test]
    public async Task What_a_user_brought_stays_byte_for_byte()
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(Secret));

        Assert.That(
            await Store.ReadTextAsync(await Store.PutVerbatimAsync(content, MediaTypes.Text, CancellationToken.None), CancellationToken.None),
            Is.EqualTo(Secret));
    }

    [Test]
    public async Task An_archive_with_secrets_in_names_links_and_contents_is_still_one()
    {
        using var made = new MemoryStream();
        await using (var writer = new TarWriter(made, TarEntryFormat.Pax, leaveOpen: true))
        {
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, $"logs/{Secret}"));
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, $"logs/{Secret}/a.txt") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(new string('x', 505) + Secret)) });
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = Secret });
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, $"{new string('d', 150)}/{Secret}/é") { DataStream = new MemoryStream([1, 2, 3]) });
            await writer.WriteEntryAsync(new GnuTarEntry(TarEntryType.RegularFile, "last") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes("end")) });
        }

        var reference = await Store.PutBytesAsync(made.ToArray(), MediaTypes.Tar, CancellationToken.None);
        await using var stored = await Store.OpenAsync(reference, CancellationToken.None);
        await using var reader = new TarReader(stored);
        var entries = new List<(string Name, string Content)>();
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            using var content = new StreamReader(entry.DataStream ?? Stream.Null);
            entries.Add((entry.Name + entry.LinkName, await content.ReadToEndAsync()));
        }

        Assert.That(entries.Select(entry => entry.Name + entry.Content), Has.None.Contains(Secret).And.Some.Contains("[redacted]********"));
        Assert.That((entries.Count, entries[^1]), Is.EqualTo((5, ("last", "end"))));
    }

    [TestCase(0)]
    [TestCase(50)]
    [TestCase(200)]
    public async Task What_is_called_an_archive_and_is_none_stays_as_it_was(int words)
    {
        var text = string.Concat(Enumerable.Repeat("no archive at all ", words));

        Assert.That(
            await Store.ReadTextAsync(await Store.PutTextAsync(text, CancellationToken.None, MediaTypes.Tar), CancellationToken.None), Is.EqualTo(text));
    }

    [Test]
    public void A_value_is_found_wherever_the_stream_is_split() => Prop.ForAll<byte[], PositiveInt, PositiveInt>((noise, first, then) =>
    {
        var text = Encoding.UTF8.GetBytes($"{Convert.ToHexString(noise ?? [])}{Secret}{Secret}another-secret plain-secret-valu");
        var expected = text.ToArray();
        Redactor.Mask(expected);
        using var read = new MemoryStream();
        using var stream = Redactor.Reading(new PiecesStream(text, first.Get, then.Get));
        stream.CopyToAsync(read, bufferSize: then.Get).GetAwaiter().GetResult();
        return read.ToArray().SequenceEqual(expected) && Encoding.UTF8.GetString(expected).EndsWith("[redacted]**** plain-secret-valu", StringComparison.Ordinal);
    }).QuickCheckThrowOnFailure();

    [Test]
    public void A_value_across_the_border_of_two_pieces_is_found_once()
    {
        for (var place = (64 * 1024) - 40; place < (64 * 1024) + 2; place++)
        {
            var data = new byte[200_000];
            Encoding.ASCII.GetBytes(Secret, data.AsSpan(place));

            Assert.That(Redactor.Mask(data), Is.True, $"{place}");
            Assert.That(Encoding.Latin1.GetString(data, place - 1, 20), Is.EqualTo("\0[redacted]********\0"), $"{place}");
        }
    }

    [Test]
    public void Masking_grows_with_the_data_and_hardly_with_the_number_of_secrets()
    {
        const int Megabyte = 1024 * 1024;
        static SecretRedactor Knowing(int secrets) =>
            new(Enumerable.Range(0, secrets).Select(number => $"sk-{Convert.ToHexStringLower(SHA256.HashData([(byte)number]))[..40]}"));
        static byte[] Log(int bytes)
        {
            var line = Encoding.UTF8.GetBytes("2026-11-24T14:00:00Z tests/test_outputs.py::test_answer PASSED in 0.02 s, key another-secre\n");
            var data = new byte[bytes];
            for (var place = 0; place + line.Length < data.Length; place += line.Length)
            {
                line.CopyTo(data, place);
            }

            return data;
        }

        var (fifty, megabyte) = (Knowing(50), Log(Megabyte));
        var found = false;
        var byData = Growth.Of(Megabyte, Log, data => found |= fifty.Mask(data));
        var bySecrets = Growth.Of(12, Knowing, redactor => found |= redactor.Mask(megabyte));
        TestContext.Out.WriteLine($"four times the data: {byData:0.0} times the work; four times the secrets: {bySecrets:0.0} times");

        Assert.That(found, Is.False);
        Assert.That(byData, Is.LessThan(8), "four times the data");
        Assert.That(bySecrets, Is.LessThan(3), "four times the secrets");
    }

    protected override Task<IArtifactStore> NewStoreAsync()
    {
        _folder = new TemporaryFolder();
        return Task.FromResult<IArtifactStore>(new RedactingArtifactStore(new FileArtifactStore(_folder["store"]), Redactor));
    }

    protected override Task DamageAsync(ArtifactRef reference, byte[] instead) =>
        File.WriteAllBytesAsync(_folder![$"store/sha256/{reference.Sha256[..2]}/{reference.Sha256[2..]}"], instead);

    protected override Task<IReadOnlyList<string>> LeftoversAsync() => Task.FromResult<IReadOnlyList<string>>(
        [.. Directory.EnumerateFiles(_folder!.Path, "*", SearchOption.AllDirectories)]);

    private sealed class PiecesStream(byte[] data, int first, int then) : ReadOnlyStream
    {
        private int _place;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(Math.Min(_place == 0 ? first : then, buffer.Length), data.Length - _place);
            data.AsMemory(_place, count).CopyTo(buffer);
            _place += count;
            return ValueTask.FromResult(count);
        }
    }
}

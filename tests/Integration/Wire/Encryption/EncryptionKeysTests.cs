using Spark.Temporal.Wire.Encryption;

namespace Spark.Temporal.Tests.Wire.Encryption;

public sealed class EncryptionKeysTests
{
    private const string Path = "keys.json";

    [Test]
    public void What_is_written_is_read_again()
    {
        var keys = EncryptionKeys.Parse(EncryptionKeys.Create(Path, "a", Key(1)).With("b", Key(2)).Activate("b").ToJson(), Path);

        Assert.That((keys.ActiveId, keys.Ids), Is.EqualTo(("b", (string[])["a", "b"])));
        Assert.That(keys.TryGet("a", out var first) && first.SequenceEqual(Key(1)), Is.True);
    }

    [Test]
    public void A_new_key_waits_until_it_is_activated() =>
        Assert.That(EncryptionKeys.Create(Path, "a", Key(1)).With("b", Key(2)).ActiveId, Is.EqualTo("a"));

    [TestCase("""{ "active": "a", "keys": { "a": "c2VjcmV0LXRoYXQtaXMtdG9vLXNob3J0" } }""", "keys.a is not 32 bytes")]
    [TestCase("""{ "active": "a", "keys": { "a": "secret-that-is-no-base64" } }""", "keys.a is not 32 bytes")]
    [TestCase("""{ "active": "b", "keys": { "a": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=" } }""", "active is 'b', which is not among the keys (a)")]
    [TestCase("""{ "keys": { "a": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=" } }""", "active is missing")]
    [TestCase("""{ "active": "a b", "keys": { "a b": "AQEB" } }""", "'a b' cannot be a key's id")]
    [TestCase("{\n  \"active\": \"a\",\n  \"key\": {} }", "keys.json:3: this is no key file")]
    [TestCase("secret-key-in-plain-text", "keys.json:1: this is no key file")]
    [TestCase("""{ "active": "a", "active": "b" }""", "no key file")]
    public void A_broken_file_is_refused_without_quoting_it(string text, string message) => Assert.That(
        () => EncryptionKeys.Parse(text, Path),
        Throws.TypeOf<FormatException>().With.Message.Contains(message).And.Message.Not.Contains("secret").And.Message.Not.Contains("AQEB"));

    [Test]
    public void A_missing_file_is_named_with_the_remedy() => Assert.That(
        () => EncryptionKeys.Load("/nowhere/keys.json", File.ReadAllText),
        Throws.TypeOf<FormatException>().With.Message.Contains("SPARK_ENCRYPTION_KEYS names /nowhere/keys.json").And.Message.Contains("spark keys new"));

    [TestCase(null)]
    [TestCase("")]
    public void No_file_means_no_encryption(string? path) => Assert.That(EncryptionKeys.Load(path, _ => throw new IOException()), Is.Null);

    [Test]
    public void An_id_is_given_once() => Assert.That(
        () => EncryptionKeys.Create(Path, "a", Key(1)).With("a", Key(2)), Throws.TypeOf<FormatException>().With.Message.Contains("key 'a' already"));

    internal static byte[] Key(byte seed) => [.. Enumerable.Repeat(seed, EncryptionKeys.KeyBytes)];
}

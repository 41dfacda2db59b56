using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Spark.Temporal.Wire;
using Spark.Temporal.Wire.Encryption;
using Temporalio.Api.Common.V1;
using Temporalio.Converters;

namespace Spark.Temporal.Tests.Wire.Encryption;

public sealed class EncryptionCodecTests
{
    private static readonly EncryptionKeys Old = EncryptionKeys.Create("keys.json", "old", EncryptionKeysTests.Key(1));

    private static readonly EncryptionKeys Rotated = Old.With("new", EncryptionKeysTests.Key(2)).Activate("new");

    [Test]
    public void Any_payload_comes_back_as_it_was() => Prop.ForAll<byte[], string[]>((data, fields) =>
    {
        var payload = new Payload { Data = ByteString.CopyFrom(data ?? []) };
        foreach (var field in (fields ?? []).OfType<string>())
        {
            payload.Metadata[field] = ByteString.CopyFromUtf8(field);
        }

        var made = Encode(Rotated, payload);
        return Decode(Rotated, made).Equals(payload) && made.Metadata.Count == 2
            && (payload.Data.Length < 4 || made.Data.Span.IndexOf(payload.Data.Span) < 0);
    }).QuickCheckThrowOnFailure();

    [TestCase(EncryptionCodec.CompressedEncoding, "what is said again and again and again and again and again and again and again")]
    [TestCase(EncryptionCodec.Encoding, "q7Z.1")]
    public void It_is_compressed_where_that_makes_it_smaller(string encoding, string text)
    {
        var made = Encode(Old, Text(text));

        Assert.That(made.Metadata[EncryptionCodec.EncodingField].ToStringUtf8(), Is.EqualTo(encoding));
        Assert.That(made.Data.Length < Text(text).ToByteArray().Length + 28, Is.EqualTo(encoding == EncryptionCodec.CompressedEncoding), "nonce and tag are 28 bytes");
        Assert.That(Decode(Old, made), Is.EqualTo(Text(text)));
        made.Metadata[EncryptionCodec.EncodingField] = ByteString.CopyFromUtf8(
            encoding == EncryptionCodec.Encoding ? EncryptionCodec.CompressedEncoding : EncryptionCodec.Encoding);
        Assert.That(Refused(Old, made), Does.Contain("does not open"), "the encoding is authenticated too");
    }

    [Test]
    public void A_changed_bit_anywhere_is_noticed() => Prop.ForAll<byte[], PositiveInt>((data, place) =>
    {
        var made = Encode(Old, new Payload { Data = ByteString.CopyFrom(data ?? []) });
        var bytes = made.Data.ToByteArray();
        bytes[place.Get % bytes.Length] ^= (byte)(1 << (place.Get % 8));
        made.Data = ByteString.CopyFrom(bytes);
        return Refused(Old, made).Contains("key 'old' does not open", StringComparison.Ordinal);
    }).QuickCheckThrowOnFailure();

    [Test]
    public void The_same_payload_looks_different_each_time() =>
        Assert.That(Enumerable.Range(0, 100).Select(_ => Encode(Old, Text("same")).Data), Is.Unique);

    [Test]
    public void What_an_older_key_encrypted_opens_after_rotation()
    {
        var before = Encode(Old, Text("written before"));
        var after = Encode(Rotated, Text("written after"));

        Assert.That(after.Metadata[EncryptionCodec.KeyIdField].ToStringUtf8(), Is.EqualTo("new"));
        Assert.That(Decode(Rotated, before), Is.EqualTo(Text("written before")));
        Assert.That(Refused(Old, after), Does.Contain("key 'new', which keys.json does not have (it has old)").And.Contain("add that key"));
    }

    [Test]
    public void Without_keys_nothing_is_encrypted_and_an_encrypted_payload_names_the_remedy()
    {
        Assert.That(Encode(null, Text("plain")), Is.EqualTo(Text("plain")));
        Assert.That(Refused(null, Encode(Old, Text("secret"))), Does.Contain("key 'old'").And.Contain("set SPARK_ENCRYPTION_KEYS"));
    }

    [Test]
    public void Another_key_of_the_same_id_is_told_from_the_right_one() => Assert.That(
        Refused(EncryptionKeys.Create("keys.json", "old", EncryptionKeysTests.Key(9)), Encode(Old, Text("secret"))),
        Does.Contain("key 'old' does not open").And.Contain("is not the one that it was encrypted with"));

    [Test]
    public void A_payload_cannot_be_passed_off_as_another_key_s()
    {
        var sameBytes = EncryptionKeys.Create("keys.json", "old", EncryptionKeysTests.Key(1)).With("twin", EncryptionKeysTests.Key(1));
        var made = Encode(sameBytes, Text("secret"));
        made.Metadata[EncryptionCodec.KeyIdField] = ByteString.CopyFromUtf8("twin");

        Assert.That(Refused(sameBytes, made), Does.Contain("key 'twin' does not open"));
    }

    [TestCase(0)]
    [TestCase(11)]
    [TestCase(27)]
    public void One_that_is_cut_short_is_refused(int length)
    {
        var made = Encode(Old, Text("secret"));
        made.Data = ByteString.CopyFrom(made.Data.Span[..length]);

        Assert.That(Refused(Old, made), Does.Contain("cut short"));
    }

    [Test]
    public void What_others_made_passes_through()
    {
        Payload[] foreign = [Text("plain"), new Payload { Metadata = { ["encoding"] = ByteString.CopyFromUtf8("binary/zlib") }, Data = ByteString.CopyFrom(1, 2, 3) }, new Payload()];

        Assert.That(new EncryptionCodec(Old).DecodeAsync(foreign).Result, Is.EqualTo(foreign));
    }

    [Test]
    public async Task A_failure_s_message_and_stack_are_encrypted_and_come_back()
    {
        var converter = SparkConverter.With(Old);
        var failure = await converter.ToFailureAsync(Thrown("the canary sings"));

        Assert.That(failure.ToString(), Does.Not.Contain("canary").And.Not.Contain(nameof(Thrown)));
        Assert.That(async () => await SparkConverter.Plain.ToExceptionAsync(failure), Throws.TypeOf<EncryptionException>());
        Assert.That((await converter.ToExceptionAsync(failure)).Message, Is.EqualTo("the canary sings"));
    }

    private static InvalidDataException Thrown(string message)
    {
        try
        {
            throw new InvalidDataException(message);
        }
        catch (InvalidDataException thrown)
        {
            return thrown;
        }
    }

    private static Payload Text(string text) => SparkConverter.Plain.PayloadConverter.ToPayload(text);

    private static Payload Encode(EncryptionKeys? keys, Payload payload) => new EncryptionCodec(keys).EncodeAsync([payload]).Result.Single();

    private static Payload Decode(EncryptionKeys? keys, Payload payload) => new EncryptionCodec(keys).DecodeAsync([payload]).Result.Single();

    private static string Refused(EncryptionKeys? keys, Payload payload) =>
        Assert.Throws<EncryptionException>(() => new EncryptionCodec(keys).DecodeAsync([payload]).GetAwaiter().GetResult())!.Message;
}

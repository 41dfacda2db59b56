using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Wire;
using Spark.Temporal.Tests.Wire.Encryption;
using Spark.Temporal.Wire.Encryption;
using Temporalio.Converters;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Activities.Redaction;

/// <summary>What a worker sends to the server.</summary>
public sealed class RedactingConverterTests
{
    private const string Secret = "plain-secret-value";

    private static readonly EncryptionKeys Keys = EncryptionKeys.Create("keys.json", "a", EncryptionKeysTests.Key(5));

    private static IEnumerable<EncryptionKeys?> WithAndWithoutKeys() => [null, Keys];

    [TestCaseSource(nameof(WithAndWithoutKeys))]
    public async Task A_result_is_masked_before_it_is_encrypted(EncryptionKeys? keys)
    {
        var converter = new SecretRedactor([Secret]).Around(SparkConverter.With(keys));

        var payload = await converter.ToPayloadAsync(new { Summary = $"printed {Secret}", Turns = 3 });

        Assert.That(payload.Metadata[EncryptionCodec.EncodingField].ToStringUtf8(), keys is null ? Is.EqualTo("json/plain") : Does.StartWith(EncryptionCodec.Encoding));
        Assert.That((await SparkConverter.With(keys).ToValueAsync<Answer>(payload)), Is.EqualTo(new Answer("printed [redacted]********", 3)));
    }

    [TestCaseSource(nameof(WithAndWithoutKeys))]
    public async Task A_failure_is_masked_down_to_its_first_cause(EncryptionKeys? keys)
    {
        var converter = new SecretRedactor([Secret]).Around(SparkConverter.With(keys));
        var cause = new ApplicationFailureException($"cause {Secret}", "Type", details: [$"detail {Secret}"]);

        var failure = await converter.ToFailureAsync(new InvalidDataException($"outer {Secret} and Bearer abcdefgh1234", cause));

        Assert.That(failure.ToString(), Does.Not.Contain(Secret));
        var read = await SparkConverter.With(keys).ToExceptionAsync(failure);
        Assert.That(read.Message, Is.EqualTo("outer [redacted]******** and Bearer [redacted]"));
        Assert.That(read.InnerException!.Message, Is.EqualTo("cause [redacted]********"));
        Assert.That(((ApplicationFailureException)read.InnerException).Details.ElementAt<string>(0), Is.EqualTo("detail [redacted]********"));
    }

    [Test]
    public async Task What_holds_no_secret_is_not_touched()
    {
        var payload = SparkConverter.Plain.PayloadConverter.ToPayload("nothing");

        Assert.That(
            (await new SecretRedactor([Secret]).Around(SparkConverter.Plain).PayloadCodec!.EncodeAsync([payload])).Single(), Is.SameAs(payload));
    }

    private sealed record Answer(string Summary, int Turns);
}

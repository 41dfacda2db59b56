using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Tests.Domain.Conversations;

public class ArtifactRefTests
{
    private static readonly string Digest = new('a', 64);

    [Test]
    public void A_reference_is_one_text_and_reads_back()
    {
        var reference = new ArtifactRef(Digest, 17, "text/x; charset=utf-8:odd");

        var json = JsonSerializer.Serialize(reference, SparkJson.Options);

        Assert.That(json, Is.EqualTo($"\"{Digest}:17:text/x; charset=utf-8:odd\""));
        Assert.That(JsonSerializer.Deserialize<ArtifactRef>(json, SparkJson.Options), Is.EqualTo(reference));
    }

    [TestCase("")]
    [TestCase("abc:17:text/plain")]
    [TestCase("DIGEST:17")]
    [TestCase("DIGEST:many:text/plain")]
    public void Another_text_is_refused(string text) =>
        Assert.That(() => ArtifactRef.Parse(text.Replace("DIGEST", Digest, StringComparison.Ordinal)), Throws.TypeOf<FormatException>().With.Message.Contains("is not an artifact reference"));
}

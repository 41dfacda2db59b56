using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Tests.Domain.Json;

public class PackedJsonTests
{
    [TestCase(10, JsonValueKind.Array)]
    [TestCase(10_000, JsonValueKind.String)]
    public void A_list_is_readable_while_it_is_small_and_packed_when_it_is_not(int count, JsonValueKind kind)
    {
        var holder = new Holder([.. Enumerable.Range(0, count).Select(i => $"item {i}")]);

        var json = JsonSerializer.Serialize(holder, SparkJson.Options);
        var back = JsonSerializer.Deserialize<Holder>(json, SparkJson.Options)!;

        Assert.That(JsonDocument.Parse(json).RootElement.GetProperty("items").ValueKind, Is.EqualTo(kind));
        Assert.That(back.Items, Is.EqualTo(holder.Items));
        Assert.That(json, Has.Length.LessThan(60_000));
    }

    [Test]
    public void What_unpacks_without_end_is_refused()
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            brotli.Write(new byte[17 * 1024 * 1024]);
        }

        Assert.That(
            () => JsonSerializer.Deserialize<Holder>($$"""{"items": "{{Convert.ToBase64String(packed.ToArray())}}"}""", SparkJson.Options),
            Throws.TypeOf<JsonException>().With.Message.Contains("over 16 MB"));
    }

    private sealed record Holder([property: JsonConverter(typeof(PackedJson<List<string>>))] List<string> Items);
}

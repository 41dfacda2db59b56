using System.Text.Json;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Tests.Domain.Json;

public sealed class JsonPathsTests
{
    private static readonly JsonElement Root = JsonElement.Parse("""
        { "a": { "b": [ { "c": 1, "t": "x" }, { "c": 2.5, "t": null }, { "t": "y" } ] }, "n": 7, "s": "text", "o": { "p": 1, "q": [true] }, "e": [] }
        """);

    [TestCase("s", "text")]
    [TestCase("n", "7")]
    [TestCase("o", """{ "p": 1, "q": [true] }""")]
    [TestCase("a.b.*.t", "x\ny")]
    [TestCase("a.b.0.t", "x")]
    [TestCase("a.b.1.t", null)]
    [TestCase("a.b.3.t", null)]
    [TestCase("a.b.-1.t", null)]
    [TestCase("o.*", "1\n[true]")]
    [TestCase("s.*", null)]
    [TestCase("n.x", null)]
    [TestCase("e.*", null)]
    [TestCase("none", null)]
    [TestCase("", null)]
    public void Texts(string path, string? expected) => Assert.That(JsonPaths.Text(Root, path), Is.EqualTo(expected));

    [TestCase("n", 7)]
    [TestCase("a.b.*.c", 3.5)]
    [TestCase("s", null)]
    [TestCase("none", null)]
    public void Numbers_are_added_up(string path, double? expected) => Assert.That(JsonPaths.Number(Root, path), Is.EqualTo(expected));

    [TestCase("s", "text", true)]
    [TestCase("n", "7", true)]
    [TestCase("a.b.*.t", "y", true)]
    [TestCase("a.b.*.t", "z", false)]
    [TestCase("none", "", false)]
    public void A_condition_holds_where_one_value_is_equal(string path, string value, bool expected) =>
        Assert.That(JsonPaths.Holds(Root, new Dictionary<string, string> { [path] = value, ["o.p"] = "1" }), Is.EqualTo(expected));
}

using System.Text.Json;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Tests.Domain.Json;

public class JsonShapeTests
{
    private const string Schema =
        """
        {"$schema": "x", "title": "t", "type": "object", "additionalProperties": false, "required": ["name"], "properties": {
          "name": {"type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[a-z]+$"},
          "kind": {"type": "string", "enum": ["big", "small"]},
          "count": {"type": "integer", "minimum": 1, "maximum": 9},
          "share": {"type": "number"},
          "done": {"type": "boolean"},
          "nothing": {"type": "null"},
          "list": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string"}},
          "either": {"anyOf": [{"type": "string", "minLength": 3}, {"type": "null"}]},
          "object": {"type": "object", "properties": {}}
        }}
        """;

    [TestCase("""{"name": "abcd", "kind": "big", "count": 9, "share": 0.5, "done": false, "nothing": null, "list": ["a"], "either": null, "object": {}}""")]
    [TestCase("""{"name": "ab", "either": "abc", "count": 1, "list": ["a", "b"]}""")]
    public void A_value_that_fits_has_no_errors(string json) => Assert.That(Check(json), Is.Empty);

    [TestCase("[]", "$: must be an object, not a list")]
    [TestCase("{}", "$.name: is missing")]
    [TestCase("""{"name": "a"}""", "$.name: must be at least 2 characters, is 1")]
    [TestCase("""{"name": "abcde"}""", "$.name: must be at most 4 characters, is 5")]
    [TestCase("""{"name": "Ab"}""", "$.name: 'Ab' does not match ^[a-z]+$")]
    [TestCase("""{"name": "ab\n"}""", "$.name: 'ab' does not match ^[a-z]+$")]
    [TestCase("""{"name": "ab", "nam": 1}""", "$.nam: is not a known field; did you mean 'name'?")]
    [TestCase("""{"name": "ab", "kind": "huge"}""", "$.kind: must be one of big, small")]
    [TestCase("""{"name": "ab", "count": 0}""", "$.count: must be at least 1, is 0")]
    [TestCase("""{"name": "ab", "count": 10}""", "$.count: must be at most 9, is 10")]
    [TestCase("""{"name": "ab", "count": 1.5}""", "$.count: must be a whole number, not a number")]
    [TestCase("""{"name": "ab", "share": "1"}""", "$.share: must be a number, not a text")]
    [TestCase("""{"name": "ab", "done": 1}""", "$.done: must be true or false, not a number")]
    [TestCase("""{"name": "ab", "nothing": true}""", "$.nothing: must be null, not true or false")]
    [TestCase("""{"name": "ab", "object": []}""", "$.object: must be an object, not a list")]
    [TestCase("""{"name": "ab", "list": []}""", "$.list: must be at least 1 entries, is 0")]
    [TestCase("""{"name": "ab", "list": ["a", "b", "c"]}""", "$.list: must be at most 2 entries, is 3")]
    [TestCase("""{"name": "ab", "list": ["a", {}]}""", "$.list[1]: must be a text, not an object")]
    [TestCase("""{"name": "ab", "list": null}""", "$.list: must be a list, not null")]
    [TestCase("""{"name": "ab", "either": 3}""", "$.either: must be a text or null, not a number")]
    [TestCase("""{"name": "ab", "either": "a"}""", "$.either: must be at least 3 characters, is 1")]
    public void What_does_not_fit_is_named_by_its_path(string json, string error) => Assert.That(Check(json), Is.EqualTo([error]));

    [Test]
    public void Of_many_errors_the_first_are_shown_and_the_rest_counted()
    {
        var fields = string.Join(',', Enumerable.Range(0, 30).Select(i => $"\"zz{i}\": 1"));
        var errors = Check($$"""{"name": "ab", {{fields}}}""");
        Assert.That((errors.Count, errors[^1]), Is.EqualTo((21, "$: and 10 more errors")));
    }

    [TestCase("""{"type": "string", "format": 1}""")]
    [TestCase("""{"type": "text"}""")]
    public void A_schema_that_is_not_understood_is_an_error_of_ours(string schema) =>
        Assert.That(() => JsonShape.Check(Parse(schema), Parse("\"a\"")), Throws.InvalidOperationException);

    private static IReadOnlyList<string> Check(string json) => JsonShape.Check(Parse(Schema), Parse(json));

    private static JsonElement Parse(string json) => JsonSerializer.Deserialize<JsonElement>(json);
}

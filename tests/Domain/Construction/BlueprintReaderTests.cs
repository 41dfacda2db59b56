using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Construction;

public class BlueprintReaderTests
{
    private static readonly string Good = Blueprints.Json(Blueprints.Good);

    private static IEnumerable<string> Wrappings() =>
    [
        Good,
        $"```json\n{Good}\n```",
        $"Here is {{the}} blueprint:\n\n```\n{Good}\n```\nI hope it helps {{really}}.",
        $"<think>a {{\"task_id\": 1}} perhaps</think>\n{Good}",
        $"\uFEFF{Good}\r\n",
    ];

    [TestCaseSource(nameof(Wrappings))]
    public void Finds_the_object_whatever_stands_around_it(string reply)
    {
        var reading = BlueprintReader.Read(reply);
        Assert.That(reading.Errors, Is.Empty);
        Assert.That(Blueprints.Json(reading.Blueprint!), Is.EqualTo(Good));
    }

    [TestCase("", "$: the reply is empty")]
    [TestCase("I cannot do that.", "$: there is no JSON object")]
    [TestCase("{\"task_id\": \"a\",}", "$: not JSON at line 1")]
    [TestCase("{\"other\": 1}", "$.task_id: is missing")]
    [TestCase("<think>never closed {", "$: the reply is empty")]
    public void Says_what_is_wrong_with_a_reply(string reply, string error) =>
        Assert.That(BlueprintReader.Read(reply).Errors, Has.Some.StartsWith(error));

    [TestCase("[\"Look at the units.\"]")]
    [TestCase("7")]
    public void A_field_that_is_no_longer_asked_for_may_still_be_given(string value)
    {
        var reading = BlueprintReader.Read("{\"validation_checks\": " + value + ", " + Good[1..]);
        Assert.That(reading.Errors, Is.Empty);
        Assert.That(reading.Blueprint!.TaskId, Is.EqualTo("wav-peaks"));
    }

    [Test]
    public void Says_that_a_reply_breaks_off() => Assert.That(BlueprintReader.Read(Good[..^40]).Errors.Single(), Does.StartWith("$: the reply breaks off after"));

    [TestCase("task_id", "\"Not A Slug\"", "$.task_id: 'Not A Slug' does not match")]
    [TestCase("task_id", "\"slug\\n\"", "$.task_id: ")]
    [TestCase("difficulty", "\"brutal\"", "$.difficulty: must be one of easy, medium, hard")]
    [TestCase("tags", "[\"a\", 2]", "$.tags[1]: must be a text, not a number")]
    [TestCase("environment", "{\"base_image\": \"a\", \"cpu\": 1}", "$.environment.cpu: is not a known field; did you mean 'cpus'?")]
    [TestCase("environment", "{}", "$.environment.base_image: is missing")]
    [TestCase("environment", "{\"base_image\": \"a\", \"memory_mb\": 1.5}", "$.environment.memory_mb: must be a whole number")]
    [TestCase("environment", "{\"base_image\": \"a\", \"memory_mb\": 99999999999}", "$.environment.memory_mb: must be at most")]
    [TestCase("support_files", "[{\"path\": \"a\"}]", "$.support_files[0].content: is missing")]
    [TestCase("acceptance_criteria", "[]", "$.acceptance_criteria: must be at least 1 entries")]
    [TestCase("acceptance_criteria", "[3]", "$.acceptance_criteria[0]: must be a text or an object, not a number")]
    [TestCase("acceptance_criteria", "[{\"tests\": []}]", "$.acceptance_criteria[0].text: is missing")]
    [TestCase("title", "\"a\\u0000b\"", "$.title: holds a NUL character")]
    [TestCase("title", "\"a\\ud800b\"", "$.title: holds half of a surrogate pair")]
    [TestCase("oracle_python", "null", "$.oracle_python: must be a text, not null")]
    public void Names_what_breaks_the_schema_by_its_path(string field, string value, string error) =>
        Assert.That(BlueprintReader.Read(With(field, value)).Errors, Has.Some.StartsWith(error));

    [Test]
    public void A_field_that_stands_there_twice_is_refused() =>
        Assert.That(BlueprintReader.Read("{\"title\": \"a\", " + Good[1..]).Errors, Has.Some.EqualTo("$.title: appears twice"));

    [Test]
    public void A_criterion_may_be_a_plain_sentence() =>
        Assert.That(BlueprintReader.Read(With("acceptance_criteria", "[\"It is right.\"]")).Blueprint!.AcceptanceCriteria.Single().Text, Is.EqualTo("It is right."));

    [Test]
    public void Reads_a_critique()
    {
        var reading = CritiqueReader.Read("Sure:\n```json\n{\"findings\": [{\"severity\": \"blocking\", \"where\": \"oracle_python\", \"message\": \"wrong unit\"}]}\n```");
        Assert.That(reading.Findings, Is.EqualTo([new CritiqueFinding("model", CritiqueSeverity.Blocking, "oracle_python", "wrong unit")]));
        Assert.That(CritiqueReader.Read("{\"findings\": [{\"severity\": \"bad\", \"where\": \"a\", \"message\": \"b\"}]}").Errors, Has.Some.StartsWith("$.findings[0].severity: must be one of"));
    }

    private static string With(string field, string value)
    {
        var root = JsonNode.Parse(Good)!.AsObject();
        root.Remove(field);
        return root.ToJsonString()[..^1] + $",\"{field}\":{value}}}";
    }
}

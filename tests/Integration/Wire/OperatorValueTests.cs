using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Wire;

/// <summary>Values typed by hand: what fits is taken, what does not is refused in a sentence that names field and remedy.</summary>
public sealed class OperatorValueTests
{
    [TestCase("""{"budget_usd": "ten"}""", """budget_usd does not take "ten"; send {"budget_usd": 25}, {"budget_tokens": 2000000} or both.""")]
    [TestCase("""{"usd": 10}""", """'usd' is not a field of it; did you mean 'budget_usd'; send {"budget_usd": 25}, {"budget_tokens": 2000000} or both.""")]
    [TestCase("""{"budget_usd": 10, "budget_tokns": 5}""", """'budget_tokns' is not a field of it; did you mean 'budget_tokens'; send {"budget_usd": 25}, {"budget_tokens": 2000000} or both.""")]
    [TestCase("10", """the value is 10; send {"budget_usd": 25}, {"budget_tokens": 2000000} or both.""")]
    [TestCase("[1]", """the value is [1]; send {"budget_usd": 25}, {"budget_tokens": 2000000} or both.""")]
    [TestCase("null", """a value is missing; send {"budget_usd": 25}, {"budget_tokens": 2000000} or both.""")]
    public void What_does_not_fit_is_refused_with_field_and_remedy(string json, string why) =>
        Assert.That(OperatorValue.Refusal(Read<BudgetRequest>(json)), Is.EqualTo(why));

    [Test]
    public void What_fits_is_taken()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Read<BudgetRequest>("""{"budget_usd": 12.5}"""), Is.EqualTo(new OperatorValue<BudgetRequest>(new BudgetRequest(12.5))));
            Assert.That(Read<BatchSource>("""{"tasks_dir": "/tasks", "names": ["csv-*"]}""")!.Request!.Names, Is.EqualTo(new[] { "csv-*" }));
            Assert.That(Read<ItemsRequest>("""{"state": "failed"}""")!.Request, Is.EqualTo(new ItemsRequest(State: ItemState.Failed)));
            Assert.That(Read<ItemsRequest>("""{"state": "broken"}""")!.Problem, Does.StartWith("state does not take \"broken\"; send "));
        });
    }

    [TestCase("\"Read it big-endian.\"")]
    [TestCase("""{"text": "Read it big-endian."}""")]
    public void Where_there_is_one_field_a_bare_value_is_it(string json) =>
        Assert.That(Read<GuidanceRequest>(json)!.Request, Is.EqualTo(new GuidanceRequest("Read it big-endian.")));

    [TestCase("{}", "text is empty; give what the agent should be told")]
    [TestCase("\" \"", "text is empty; give what the agent should be told")]
    [TestCase("7", "text does not take 7; send ")]
    public void Guidance_without_words_is_refused(string json, string why) => Assert.That(GuidanceRequest.Refusal(Read<GuidanceRequest>(json)), Does.StartWith(why));

    [TestCase("3", null)]
    [TestCase("""{"attempts": 3}""", null)]
    [TestCase("0", "attempts is the number to add, from 1 to 100: {\"attempts\": 3}.")]
    [TestCase("""{"attempts": "two"}""", "attempts does not take \"two\"; send {\"attempts\": 3}.")]
    public void Attempts_are_a_number_from_1_to_100(string json, string? why) => Assert.That(ExtendRequest.Refusal(Read<ExtendRequest>(json)), Is.EqualTo(why));

    [Test]
    public void It_is_written_as_the_request_itself() =>
        Assert.That(JsonSerializer.Serialize<OperatorValue<ExtendRequest>>(new ExtendRequest(3), SparkJson.Options), Is.EqualTo("""{"attempts":3}"""));

    private static OperatorValue<T>? Read<T>(string json)
        where T : class, IOperatorRequest => JsonSerializer.Deserialize<OperatorValue<T>>(json, SparkJson.Options);
}

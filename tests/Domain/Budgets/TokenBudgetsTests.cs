using FsCheck.Fluent;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Domain.Budgets;

public sealed class TokenBudgetsTests
{
    [Test]
    public void What_the_file_leaves_out_keeps_its_default()
    {
        var budgets = TokenBudgets.Parse("""{ "agent": { "prompt_tokens": 1000 }, /* why */ "observation_characters": 4000, }""", "b.json");

        Assert.That(budgets[LlmPurposes.Agent], Is.EqualTo(TokenBudgets.Default[LlmPurposes.Agent] with { PromptTokens = 1000 }));
        Assert.That(budgets[LlmPurposes.Distill], Is.EqualTo(TokenBudgets.Default[LlmPurposes.Distill]));
        Assert.That(budgets.ObservationCharacters, Is.EqualTo(4000));
    }

    /// <summary>A probe has a limit of its own, which no file sets.</summary>
    [Test]
    public void Every_purpose_of_a_run_has_a_default() => Assert.That(
        typeof(LlmPurposes).GetFields().Select(field => field.GetRawConstantValue()).Except([LlmPurposes.Probe]), Is.EquivalentTo(TokenBudgets.Default.Purposes.Keys));

    [TestCase("{", "b.json:1: not JSON")]
    [TestCase("", "b.json:1: not JSON")]
    [TestCase("[]", "b.json: the whole must be an object with named limits, not a list")]
    [TestCase("null", "b.json: the whole must be an object with named limits, not null")]
    [TestCase("""{"agent": 5}""", "b.json: 'agent' must be an object with named limits, not a number")]
    [TestCase("""{"agnet": {}}""", "b.json: 'agnet' is unknown; known are agent, reflect")]
    [TestCase("""{"agent": {"prompt": 5}}""", "b.json: 'agent.prompt' is unknown; known are prompt_tokens and completion_tokens")]
    [TestCase("""{"agent": {"prompt_tokens": 0}}""", "b.json: 'agent.prompt_tokens' is 0; it must be a whole number from 1 to 10000000")]
    [TestCase("""{"agent": {"prompt_tokens": 1.5}}""", "b.json: 'agent.prompt_tokens' is 1.5; it must be")]
    [TestCase("""{"agent": {"completion_tokens": "5"}}""", "b.json: 'agent.completion_tokens' is \"5\"; it must be")]
    [TestCase("""{"agent": {"completion_tokens": 99999999999}}""", "b.json: 'agent.completion_tokens' is 99999999999; it must be")]
    [TestCase("""{"observation_characters": 3}""", "b.json: 'observation_characters' is 3; it must be a whole number from 200")]
    [TestCase("""{"agent": {}, "agent": {}}""", "b.json: 'agent' appears twice")]
    public void A_file_that_cannot_be_used_is_refused_by_file_and_field(string json, string message) =>
        Assert.That(() => TokenBudgets.Parse(json, "b.json"), Throws.TypeOf<FormatException>().With.Message.StartsWith(message));

    [FsCheck.NUnit.Property]
    public FsCheck.Property A_longer_text_never_costs_less() => Prop.ForAll(
        ArbMap.Default.ArbFor<(string?, string?)>(), pair => TokenEstimate.Of(pair.Item1 + pair.Item2) >= TokenEstimate.Of(pair.Item1));

    [TestCase("", 0)]
    [TestCase("a", 1)]
    [TestCase("seven ch", 3)]
    [TestCase("日本語", 3)]
    [TestCase("😀", 1)]
    public void Tokens_are_estimated(string text, int tokens) => Assert.That(TokenEstimate.Of(text), Is.EqualTo(tokens));

    [Test]
    public void Notes_cost_nothing_because_they_are_not_sent() =>
        Assert.That(TokenEstimate.Of(new ChatMessage { Role = ChatRoles.Note, Content = "long" }), Is.Zero);
}

using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Tasks;

public sealed class EnvTemplateTests
{
    [TestCase("plain", "plain")]
    [TestCase("", "")]
    [TestCase("${SET}", "host")]
    [TestCase("${SET:-other}", "host")]
    [TestCase("${EMPTY}", "")]
    [TestCase("${EMPTY:-other}", "other")]
    [TestCase("${MISSING:-}", "")]
    [TestCase("${MISSING:-a:-b}", "a:-b")]
    [TestCase("a${SET}", "a${SET}")]
    [TestCase("${1A}", "${1A}")]
    [TestCase("${MISSING:-two\nlines}", "two\nlines")]
    public void Values_come_from_the_host_or_are_taken_as_they_are(string value, string expected) =>
        Assert.That(EnvTemplate.Assignments("[environment] env", new Dictionary<string, string> { ["A"] = value }, Host, Allowed), Is.EqualTo(new[] { $"A={expected}" }));

    [Test]
    public void A_variable_that_the_host_lacks_is_named_with_its_field() => Assert.That(
        () => EnvTemplate.Assignments("[verifier] env", new Dictionary<string, string> { ["A"] = "${MISSING}" }, Host, Allowed),
        Throws.ArgumentException.With.Message.Contains("[verifier] env.A needs the variable MISSING").And.Message.Contains("${MISSING:-…}"));

    [Test]
    public void A_variable_that_is_not_allowed_is_refused_with_the_option_that_allows_it() => Assert.That(
        () => EnvTemplate.Assignments("[environment] env", new Dictionary<string, string> { ["A"] = "${SET}" }, Host, ["OTHER"]),
        Throws.ArgumentException.With.Message.Contains("[environment] env.A").And.Message.Contains("--task-env SET"));

    [Test]
    public void Where_it_is_not_allowed_its_default_counts_whatever_the_host_has() => Assert.That(
        EnvTemplate.Assignments("[environment] env", new Dictionary<string, string> { ["A"] = "${SET:-other}" }, Host, []), Is.EqualTo(new[] { "A=other" }));

    [Test]
    public void What_is_given_away_is_known_by_name() => Assert.That(
        EnvTemplate.Given(new Dictionary<string, string> { ["A"] = "${SET}", ["B"] = "${SET:-x}", ["C"] = "plain", ["D"] = "${MISSING:-x}" }, Host, Allowed), Is.EqualTo(new[] { "SET" }));

    private static readonly string[] Allowed = ["SET", "EMPTY", "MISSING"];

    private static string? Host(string name) => name switch { "SET" => "host", "EMPTY" => "", _ => null };
}

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
        Assert.That(EnvTemplate.Assignments("[environment] env", new Dictionary<string, string> { ["A"] = value }, Host), Is.EqualTo(new[] { $"A={expected}" }));

    [Test]
    public void A_variable_that_the_host_lacks_is_named_with_its_field() => Assert.That(
        () => EnvTemplate.Assignments("[verifier] env", new Dictionary<string, string> { ["A"] = "${MISSING}" }, Host),
        Throws.ArgumentException.With.Message.Contains("[verifier] env.A needs the variable MISSING").And.Message.Contains("${MISSING:-…}"));

    private static string? Host(string name) => name switch { "SET" => "host", "EMPTY" => "", _ => null };
}

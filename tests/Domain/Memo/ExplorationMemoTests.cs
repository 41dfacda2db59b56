using FsCheck.Fluent;
using Spark.Temporal.Domain.Memo;

namespace Spark.Temporal.Tests.Domain.Memo;

public sealed class ExplorationMemoTests
{
    [FsCheck.NUnit.Property]
    public FsCheck.Property What_was_rendered_reads_back_the_same() => Prop.ForAll(
        ArbMap.Default.ArbFor<(uint, string?, string?, string?)>(),
        made =>
        {
            var memo = new ExplorationMemo
            {
                FailedAttempts = (int)(made.Item1 % 1000),
                AttemptsLog = Plain(made.Item2),
                VerifiedFacts = Plain(made.Item3),
                NextStrategy = Plain(made.Item4),
            };
            return ExplorationMemo.Parse(memo.Render()) == memo;
        });

    [Test]
    public void The_plan_can_be_left_out()
    {
        var memo = new ExplorationMemo { FailedAttempts = 1, VerifiedFacts = "- a", NextStrategy = "secret plan" };

        Assert.That(memo.RenderWithoutNextStrategy(), Does.Contain("- a").And.Not.Contain("secret plan").And.Not.Contain("Next Strategy"));
    }

    [Test]
    public void Facts_keep_the_lines_that_continue_them()
    {
        var facts = VerifiedFacts.Read("intro\n- one\n  more\n  - inner\n* two\n3. three\n\nWithdrawn:\n- four");

        Assert.That(facts.Facts, Is.EqualTo((string[])["intro", "one\nmore\n- inner", "two", "three"]));
        Assert.That(facts.Withdrawn, Is.EqualTo((string[])["four"]));
    }

    [TestCase("- **Withdrawn:** x = 1", "x = 1")]
    [TestCase("- WITHDRAWN: x = 1", "x = 1")]
    [TestCase("**Withdrawn facts:**\n- x = 1", "x = 1")]
    public void Withdrawals_are_recognised_however_they_are_set(string section, string fact) =>
        Assert.That(VerifiedFacts.Read(section).Withdrawn, Is.EqualTo((string[])[fact]));

    [Test]
    public void A_fact_about_withdrawing_is_a_fact() =>
        Assert.That(VerifiedFacts.Read("- withdrawn amounts sum to 5").Facts, Has.Count.EqualTo(1));

    private static string Plain(string? text) =>
        string.Concat((text ?? "").Where(c => c != '#' && c != '\r')).Trim();
}

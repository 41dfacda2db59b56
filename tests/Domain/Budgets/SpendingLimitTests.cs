using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Domain.Budgets;

public sealed class SpendingLimitTests
{
    private static TokenUsage Spent(double usd, long tokens) => new(tokens - 10, 10, 0, usd);

    [TestCase(null, null, 1e6, 1_000_000_000L, null, null)]
    [TestCase(10.0, null, 7.99, 100L, null, null)]
    [TestCase(10.0, null, 8.0, 100L, "$8.00 of $10.00 are spent", null)]
    [TestCase(10.0, null, 10.0, 100L, null, "$10.00 of $10.00 are spent")]
    [TestCase(null, 1000L, 99.0, 800L, "800 of 1,000 tokens are spent", null)]
    [TestCase(null, 1000L, 99.0, 1001L, null, "1,001 of 1,000 tokens are spent")]
    [TestCase(10.0, 1000L, 9.0, 900L, "$9.00 of $10.00 and 900 of 1,000 tokens are spent", null)]
    [TestCase(10.0, 1000L, 9.0, 1000L, null, "1,000 of 1,000 tokens are spent")]
    public void It_warns_from_four_fifths_on_and_is_reached_at_the_limit(
        double? usd, long? tokens, double spentUsd, long spentTokens, string? warning, string? reached)
    {
        var limit = new SpendingLimit(usd, tokens);
        var spent = Spent(spentUsd, spentTokens);

        Assert.That((limit.Warning(spent), limit.Reached(spent)), Is.EqualTo((warning, reached)));
    }

    [TestCase(null, null, "is missing")]
    [TestCase(5.0, null, "budget_usd must be above what has been spent, $5.00.")]
    [TestCase(double.NaN, null, "budget_usd")]
    [TestCase(null, 900L, "budget_tokens must be above what has been spent, 1,000 tokens.")]
    public void A_change_that_would_not_help_is_refused_by_field(double? usd, long? tokens, string why) =>
        Assert.That(SpendingLimit.None.Refusal(new SpendingLimit(usd, tokens), Spent(5, 1000)), Does.Contain(why));

    [Test]
    public void A_change_replaces_what_it_names_only()
    {
        var limit = new SpendingLimit(10, 1000);
        var change = new SpendingLimit(Tokens: 5000);

        Assert.That(limit.Refusal(change, Spent(12, 1000)), Is.Null);
        Assert.That(limit.With(change, Spent(5, 100)), Is.EqualTo(new SpendingLimit(10, 5000)));
    }

    [Test]
    public void Dollars_that_nobody_can_count_are_used_up_at_once_and_tokens_take_their_place()
    {
        var limit = new SpendingLimit(10);
        var spent = new TokenUsage(900, 100) { Unpriced = true };

        Assert.Multiple(() =>
        {
            Assert.That(limit.Reached(spent), Does.Contain("budget of $10.00 cannot be kept").And.Contain("no price").And.Contain("budget_tokens").And.Contain("Llm:Prices"));
            Assert.That(limit.Refusal(new SpendingLimit(25), spent), Does.Contain("budget_usd").And.Contain("budget_tokens, above 1,000"));
            Assert.That(limit.Refusal(new SpendingLimit(Tokens: 2000), spent), Is.Null);
            Assert.That(limit.With(new SpendingLimit(Tokens: 2000), spent), Is.EqualTo(new SpendingLimit(Tokens: 2000)));
            Assert.That(new SpendingLimit(Tokens: 2000).Reached(spent), Is.Null, "tokens are known");
            Assert.That(limit.Above(spent), Is.EqualTo(SpendingLimit.None));
        });
    }

    [TestCase(null, null, 4, null, null)]
    [TestCase(10.0, null, 4, 2.5, null)]
    [TestCase(null, 1001L, 4, null, 250L)]
    [TestCase(null, 2L, 4, null, 1L)]
    public void A_limit_is_shared_in_equal_parts(double? usd, long? tokens, int parts, double? partUsd, long? partTokens) => Assert.That(
        new SpendingLimit(usd, tokens).Part(parts), Is.EqualTo(partUsd is null && partTokens is null ? null : new SpendingLimit(partUsd, partTokens)));

    [Test]
    public void What_is_granted_counts_from_what_has_been_spent() =>
        Assert.That(new SpendingLimit(10).Above(Spent(5, 1000)), Is.EqualTo(new SpendingLimit(15)));

    [TestCase(null, null, "$5.00")]
    [TestCase(10.0, null, "$5.00 of $10.00")]
    [TestCase(10.0, 2000L, "$5.00 of $10.00, 1,000 of 2,000 tokens")]
    public void What_has_been_spent_is_shown_with_what_may_be(double? usd, long? tokens, string text) =>
        Assert.That(new SpendingLimit(usd, tokens).Render(Spent(5, 1000)), Is.EqualTo(text));
}

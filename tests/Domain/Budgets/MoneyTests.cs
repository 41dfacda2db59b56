using System.Text.Json;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Tests.Domain.Budgets;

public sealed class MoneyTests
{
    [TestCase(1.2, false, false, "$1.20")]
    [TestCase(0.0, false, false, "$0.00")]
    [TestCase(0.0, true, false, "unpriced")]
    [TestCase(null, true, true, "unpriced")]
    [TestCase(null, false, false, "unpriced")]
    [TestCase(1.2, true, false, "$1.20 + unpriced")]
    [TestCase(1.2, false, true, "~$1.20")]
    [TestCase(0.0012, true, true, "~$0.0012 + unpriced")]
    public void What_is_not_known_is_never_shown_as_nothing(double? cost, bool unpriced, bool estimated, string text) =>
        Assert.That(Money.Of(new Cost(cost, unpriced, estimated)), Is.EqualTo(text));

    [Test]
    public void A_sum_says_that_a_part_is_not_known()
    {
        var known = new TokenUsage(10, 10, 0, 1.2);
        var unknown = new TokenUsage(10, 10) { Unpriced = true };

        Assert.That(Money.Sum([known, unknown, known]), Is.EqualTo(new Cost(2.4, true)));
        Assert.That(Money.Sum([unknown, unknown]), Is.EqualTo(new Cost(null, true)));
        Assert.That(Money.Sum([]), Is.EqualTo(new Cost(0)));
        Assert.That(Money.Of(known + unknown), Is.EqualTo("$1.20 + unpriced"));
    }

    [Test]
    public void Usage_without_a_price_has_no_cost_in_JSON()
    {
        var unknown = new TokenUsage(10, 5, 2) { Unpriced = true, Estimated = true, CacheWriteTokens = 1, ReasoningTokens = 3 };

        var json = JsonSerializer.Serialize(unknown, SparkJson.Options);

        Assert.That(json, Is.EqualTo("""{"prompt_tokens":10,"completion_tokens":5,"cached_tokens":2,"cost_usd":null,"cache_write_tokens":1,"reasoning_tokens":3,"unpriced":true,"estimated":true}"""));
        Assert.That(JsonSerializer.Deserialize<TokenUsage>(json, SparkJson.Options), Is.EqualTo(unknown));
        Assert.That(
            JsonSerializer.Serialize(new TokenUsage(10, 5, 2, 0.5), SparkJson.Options),
            Is.EqualTo("""{"prompt_tokens":10,"completion_tokens":5,"cached_tokens":2,"cost_usd":0.5}"""));
        Assert.That(
            JsonSerializer.Deserialize<TokenUsage>("""{"prompt_tokens":10,"completion_tokens":5,"cached_tokens":2,"cost_usd":0.5}""", SparkJson.Options),
            Is.EqualTo(new TokenUsage(10, 5, 2, 0.5)));
    }

    [Test]
    public void The_difference_of_sums_keeps_every_count()
    {
        var before = new TokenUsage(10, 5, 2, 0.5) { CacheWriteTokens = 1, ReasoningTokens = 3 };
        var added = new TokenUsage(7, 4, 1, 0.25) { CacheWriteTokens = 2, ReasoningTokens = 1 };

        Assert.That(before + added - before, Is.EqualTo(added));
    }
}

using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Prices;

namespace Spark.Temporal.Tests.Domain.Prices;

public sealed class ModelTableTests
{
    private static readonly DateTimeOffset Sunday = new(2026, 11, 29, 2, 0, 0, TimeSpan.Zero);

    [TestCase("gpt-5", 1.25)]
    [TestCase("gpt-5-2025-08-07", 1.25)]
    [TestCase("openai/gpt-5", 1.25)]
    [TestCase("GPT-5", 1.25)]
    [TestCase("gpt-5-mini", 0.25)]
    [TestCase("openrouter/openai/gpt-5-mini-2025-08-07", 0.25)]
    [TestCase("gpt-5.1-codex", 1.25)]
    [TestCase("claude-opus-4-5-20251101", 5)]
    [TestCase("anthropic/claude-sonnet-4.5", 3)]
    [TestCase("claude-sonnet-4-5@20250929", 3)]
    [TestCase("us.anthropic.claude-haiku-4-5-20251001-v1:0", 1)]
    [TestCase("mistral-medium-latest", 0.4)]
    [TestCase("models/gemini-2.5-pro", 1.25)]
    public void A_model_is_found_under_the_names_that_endpoints_give_it(string name, double input) =>
        Assert.That(ModelTable.Shipped.Find(name, "gateway.example")?.Input, Is.EqualTo(input));

    [TestCase("gpt-5-mini-finetuned")]
    [TestCase("gpt-5-2025")]
    [TestCase("gpt-51")]
    [TestCase("my-gpt-5")]
    [TestCase("gpt")]
    [TestCase("deepseek/deepseek-v4-pro:free")]
    [TestCase("scripted-demo")]
    [TestCase("")]
    public void A_name_that_is_only_similar_is_none(string name) => Assert.That(ModelTable.Shipped.Find(name, "deepseek.com"), Is.Null);

    [TestCase("openrouter.ai", 0.11)]
    [TestCase("api.novita.ai", 0.20)]
    [TestCase("bedrock-runtime.us-east-1.amazonaws.com", 0.22)]
    [TestCase("localhost", null)]
    [TestCase("notopenrouter.ai", null)]
    [TestCase(null, null)]
    public void Open_weights_cost_what_their_host_asks(string? host, double? input) =>
        Assert.That(ModelTable.Shipped.Find("qwen/qwen3-coder-next", host)?.Input, Is.EqualTo(input));

    [Test]
    public void Caches_have_prices_of_their_own()
    {
        var row = ModelTable.Shipped.Find("claude-opus-5", null)!;

        // 1000 at 5, 2000 read at 0.50, 4000 written at 6.25, 100 out at 25 dollars a million.
        Assert.That(row.CostOf(new TokenUsage(7000, 100, 2000) { CacheWriteTokens = 4000 }, Sunday), Is.EqualTo(0.0335).Within(1e-12));
    }

    [TestCase(272_000, 0.68 + 0.015)]
    [TestCase(272_001, 1.360005 + 0.0225)]
    public void The_price_of_a_long_prompt_holds_for_the_whole_request(long prompt, double cost) =>
        Assert.That(ModelTable.Shipped.Find("gpt-5.4", null)!.CostOf(new TokenUsage(prompt, 1000), Sunday), Is.EqualTo(cost).Within(1e-9));

    [TestCase("2026-11-30T01:00:00Z", 2)]
    [TestCase("2026-11-30T03:59:59Z", 2)]
    [TestCase("2026-11-30T04:00:00Z", 1)]
    [TestCase("2026-11-30T12:00:00+05:00", 2, Description = "07:00 UTC")]
    [TestCase("2026-11-29T02:00:00Z", 1, Description = "a Sunday")]
    public void A_peak_costs_more(string at, double factor) => Assert.That(
        ModelTable.Shipped.Find("deepseek-v4-pro", "api.deepseek.com")!.CostOf(new TokenUsage(1_000_000, 0), DateTimeOffset.Parse(at, null)),
        Is.EqualTo(0.66 * factor).Within(1e-12));

    [Test]
    public void Every_row_can_be_used()
    {
        var table = ModelTable.Shipped;
        Assert.That(table.Models, Has.Count.GreaterThan(80));
        Assert.Multiple(() =>
        {
            foreach (var row in table.Models)
            {
                var name = row.Models[0];
                Assert.That(table.Find(name, row.Hosts.Count > 0 ? row.Hosts[0] : null), Is.SameAs(row), name);
                Assert.That(new[] { row.Input, row.Output, row.Cached ?? 0, row.CacheWrite ?? 0 }, Has.All.InRange(0, 200), name);
                Assert.That(row.Cached ?? 0, Is.LessThanOrEqualTo(row.Input), name);
                Assert.That(row.Context, Is.InRange(100_000, 2_000_000), name);
                Assert.That(row.MaxOutput ?? 1, Is.InRange(1, row.Context), name);
                Assert.That(row.Above.Select(tier => tier.AbovePromptTokens), Is.Ordered.And.All.LessThan(row.Context), name);
                Assert.That(row.Source, Is.Not.Empty, name);
                Assert.That(row.Date, Is.LessThanOrEqualTo(table.AsOf), name);
            }
        });
    }
}

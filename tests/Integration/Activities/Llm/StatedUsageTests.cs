using System.Text.Json;
using Spark.Temporal.Activities.Llm.Usage;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>Usage as the providers spell it.</summary>
public sealed class StatedUsageTests
{
    private static IEnumerable<TestCaseData> Spellings()
    {
        yield return Of("chat", """{"usage":{"prompt_tokens":100,"completion_tokens":30,"total_tokens":130,"prompt_tokens_details":{"cached_tokens":64,"cache_write_tokens":16},"completion_tokens_details":{"reasoning_tokens":20}}}""", 100, 30, 64, 16, 20);
        yield return Of("chat without details", """{"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"prompt_tokens_details":null}}""", 7, 3);
        yield return Of("Responses", """{"object":"response","usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":64},"output_tokens":30,"output_tokens_details":{"reasoning_tokens":20},"total_tokens":130}}""", 100, 30, 64, 0, 20);
        yield return Of("last event of Responses", """{"type":"response.completed","response":{"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":2},"output_tokens":5,"total_tokens":14}}}""", 9, 5, 4, 2);
        yield return Of("Messages, caches beside", """{"type":"message","usage":{"input_tokens":10,"cache_read_input_tokens":60,"cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":20,"ephemeral_1h_input_tokens":10},"output_tokens":40,"output_tokens_details":{"thinking_tokens":25}}}""", 100, 40, 60, 30, 25);
        yield return Of("Messages, the small cached part", """{"usage":{"input_tokens":900,"cache_read_input_tokens":60,"output_tokens":4}}""", 960, 4, 60);
        yield return Of("start of a Messages stream", """{"type":"message_start","message":{"usage":{"input_tokens":5,"output_tokens":1}}}""", 5, 1);
        yield return Of("gateway with both names", """{"usage":{"prompt_tokens":100,"completion_tokens":4,"total_tokens":104,"cache_read_input_tokens":60,"cache_creation_input_tokens":30}}""", 100, 4, 60, 30);
        yield return Of("gateway with caches beside prompt_tokens", """{"usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":104,"prompt_tokens_details":{"cached_tokens":90}}}""", 100, 4, 90);
        yield return Of("DeepSeek", """{"usage":{"prompt_tokens":50,"completion_tokens":9,"total_tokens":59,"prompt_cache_hit_tokens":40,"prompt_cache_miss_tokens":10}}""", 50, 9, 40);
        yield return Of("DeepSeek, hit and miss alone", """{"usage":{"completion_tokens":9,"prompt_cache_hit_tokens":40,"prompt_cache_miss_tokens":10}}""", 50, 9, 40);
        yield return Of("Kimi", """{"usage":{"prompt_tokens":50,"completion_tokens":9,"total_tokens":59,"cached_tokens":40}}""", 50, 9, 40);
        yield return Of("Gemini", """{"usageMetadata":{"promptTokenCount":50,"cachedContentTokenCount":20,"candidatesTokenCount":7,"thoughtsTokenCount":13,"totalTokenCount":70}}""", 50, 20, 20, 0, 13);
        yield return Of("Gemini in OpenAI form", """{"usage":{"prompt_tokens":50,"completion_tokens":7,"total_tokens":70}}""", 50, 20, 0, 0, 13);
        yield return Of("xAI, reasoning beside", """{"usage":{"prompt_tokens":50,"completion_tokens":7,"total_tokens":90,"prompt_tokens_details":{"cached_tokens":33},"completion_tokens_details":{"reasoning_tokens":33}}}""", 50, 40, 33, 0, 33);
        yield return Of("more reasoning than output, no total", """{"usage":{"prompt_tokens":50,"completion_tokens":7,"completion_tokens_details":{"reasoning_tokens":33}}}""", 50, 40, 0, 0, 33);
        yield return Of("floats and text", """{"usage":{"prompt_tokens":"50","completion_tokens":9.0,"total_tokens":"59.0","prompt_tokens_details":{"cached_tokens":"40"}}}""", 50, 9, 40);
        yield return Of("negative and odd numbers", """{"usage":{"prompt_tokens":50,"completion_tokens":-1,"total_tokens":"many","prompt_tokens_details":{"cached_tokens":-5}}}""", 50, 0);
        yield return Of("Groq's stream", """{"choices":[],"x_groq":{"usage":{"prompt_tokens":5,"completion_tokens":2}}}""", 5, 2);
    }

    [TestCaseSource(nameof(Spellings))]
    public void Tokens_are_read_in_every_spelling(string json, TokenUsage expected) =>
        Assert.That(StatedUsage.Of(Parse(json)), Is.EqualTo(expected with { Unpriced = true }), "no cost is stated");

    [TestCase("""{"usage":{"prompt_tokens":5,"completion_tokens":2,"cost":0.0125,"is_byok":false}}""", 0.0125)]
    [TestCase("""{"usage":{"prompt_tokens":5,"completion_tokens":2,"cost":0}}""", 0, Description = "a free model")]
    [TestCase("""{"usage":{"prompt_tokens":5,"completion_tokens":2,"cost":0.01,"is_byok":true,"cost_details":{"upstream_inference_cost":0.2}}}""", 0.21)]
    [TestCase("""{"usage":{"prompt_tokens":5,"completion_tokens":2,"cost":0.01,"is_byok":true,"cost_details":{"upstream_inference_cost":null}}}""", null)]
    [TestCase("""{"usage":{"prompt_tokens":5,"completion_tokens":2,"cost_in_usd_ticks":37756000}}""", 0.0037756)]
    [TestCase("""{"usage":{"prompt_tokens":5,"completion_tokens":2,"cost":{"total_cost":0.006}}}""", 0.006)]
    [TestCase("""{"usage":{"prompt_tokens":5,"completion_tokens":2,"cost":null}}""", null)]
    public void A_cost_that_the_provider_states_is_taken(string json, double? cost)
    {
        var usage = StatedUsage.Of(Parse(json))!;

        Assert.That((usage.CostUsd, usage.Unpriced), Is.EqualTo((cost ?? 0, cost is null)).Within(1e-12));
    }

    [TestCase("0.00042", 0.00042)]
    [TestCase("0.0", null, Description = "its proxy knows no price")]
    [TestCase("None", null)]
    [TestCase(null, null)]
    public void A_cost_in_a_header_counts_where_the_body_states_none(string? header, double? cost)
    {
        var usage = StatedUsage.WithCost(new TokenUsage(5, 2) { Unpriced = true }, header);

        Assert.That((usage.CostUsd, usage.Unpriced), Is.EqualTo((cost ?? 0, cost is null)));
        Assert.That(StatedUsage.WithCost(new TokenUsage(5, 2, 0, 3), header).CostUsd, Is.EqualTo(3));
    }

    [TestCase("""{"choices":[]}""")]
    [TestCase("""{"usage":null}""")]
    [TestCase("""{"usage":{}}""")]
    [TestCase("""{"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}""")]
    [TestCase("[]")]
    public void Usage_that_is_not_stated_is_none(string json) => Assert.That(StatedUsage.Of(Parse(json)), Is.Null);

    private static TestCaseData Of(string name, string json, long prompt, long completion, long cached = 0, long written = 0, long reasoning = 0) =>
        new TestCaseData(json, new TokenUsage(prompt, completion, cached) { CacheWriteTokens = written, ReasoningTokens = reasoning }).SetArgDisplayNames(name);

    private static JsonElement Parse(string json) => JsonSerializer.Deserialize<JsonElement>(json);
}

using System.Text;
using System.Text.Json.Nodes;
using Spark.Temporal.Activities.Agents.Proxy;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Agents;

/// <summary>What the proxy passes on, and as what.</summary>
public sealed class ProxyRouteTests
{
    private static readonly ProxyTarget Target = new(new Uri("https://models.example/base/v1"), "NO_SUCH_KEY", "the-model", 60);

    [TestCase("openai", "POST", "/openai/v1/chat/completions", "https://models.example/base/v1/chat/completions")]
    [TestCase("openai", "POST", "/openai/v1/responses?key=stolen", "https://models.example/base/v1/responses")]
    [TestCase("openai", "GET", "/openai/v1/models?client_version=1.2", "https://models.example/base/v1/models?client_version=1.2")]
    [TestCase("anthropic", "POST", "/anthropic/v1/messages?beta=true", "https://models.example/base/v1/v1/messages?beta=true")]
    [TestCase("anthropic", "POST", "/anthropic/v1/messages/count_tokens?beta=true", "https://models.example/base/v1/v1/messages/count_tokens?beta=true")]
    [TestCase("gemini", "POST", "/gemini/v1beta/models/gemini-other:streamGenerateContent?alt=sse", "https://models.example/base/v1/v1beta/models/the-model:streamGenerateContent?alt=sse")]
    public void What_an_agent_needs_is_passed_on(string api, string method, string target, string upstream)
    {
        var route = ProxyRoute.Of(Enum.Parse<AgentApi>(api, ignoreCase: true), method, target);

        Assert.That(Target.AddressOf(route!).AbsoluteUri, Is.EqualTo(upstream));
    }

    [TestCase("openai", "GET", "/openai/v1/chat/completions")]
    [TestCase("openai", "DELETE", "/openai/v1/models/the-model")]
    [TestCase("openai", "POST", "/openai/v1/files")]
    [TestCase("openai", "POST", "/openai/v1/fine_tuning/jobs")]
    [TestCase("openai", "GET", "/openai/v1/responses/resp_1")]
    [TestCase("openai", "POST", "/anthropic/v1/messages")]
    [TestCase("openai", "POST", "/openai/v1/../admin")]
    [TestCase("openai", "POST", "/openai/v1/%2e%2e/admin")]
    [TestCase("openai", "POST", "/openai/v1/%252e%252e/admin/chat/completions")]
    [TestCase("openai", "POST", "/openai/v1/chat/completions%3Fx=/../../admin")]
    [TestCase("openai", "POST", "/openai/v1/chat/completions%23")]
    [TestCase("openai", "POST", "/openai/v1\\..\\admin")]
    [TestCase("openai", "POST", "//evil.example/openai/v1/chat/completions")]
    [TestCase("openai", "POST", "/openai/v1//chat/completions")]
    [TestCase("openai", "POST", "http://evil.example/openai/v1/chat/completions")]
    [TestCase("openai", "POST", "/openai/v1/chat/completions/")]
    [TestCase("openai", "POST", "/OPENAI/v1/chat/completions")]
    [TestCase("openai", "post", "/openai/v1/chat/completions")]
    [TestCase("anthropic", "POST", "/anthropic/v1/messages/batches")]
    [TestCase("anthropic", "GET", "/anthropic/v1/organizations")]
    [TestCase("gemini", "POST", "/gemini/v1beta/models/a%2F..%2Fb:generateContent")]
    [TestCase("gemini", "POST", "/gemini/v1beta/models/a:batchGenerateContent")]
    [TestCase("gemini", "POST", "/gemini/v1beta/cachedContents")]
    [TestCase("gemini", "GET", "/gemini/v1beta/files")]
    public void Nothing_else_is(string api, string method, string target) =>
        Assert.That(ProxyRoute.Of(Enum.Parse<AgentApi>(api, ignoreCase: true), method, target), Is.Null);

    [TestCase("beta=true&x=%2e%2e&alt=sse", "?beta=true&alt=sse")]
    [TestCase("alt=sse#fragment", "")]
    [TestCase("alt=%26key", "")]
    public void Of_a_query_only_what_is_known_passes(string query, string passed) =>
        Assert.That(Target.AddressOf(ProxyRoute.Of(AgentApi.Anthropic, "POST", $"/anthropic/v1/messages?{query}")!).Query, Is.EqualTo(passed));

    [Test]
    public void A_setting_of_the_query_stands_above_the_agents()
    {
        var target = Target with { Query = new Dictionary<string, string> { ["api-version"] = "2025-01-01", ["beta"] = "no" } };

        Assert.That(target.AddressOf(ProxyRoute.Of(AgentApi.Anthropic, "POST", "/anthropic/v1/messages?beta=true")!).Query, Is.EqualTo("?api-version=2025-01-01&beta=no"));
    }

    [Test]
    public void The_runs_model_is_asked_whatever_the_agent_says_and_no_field_leads_elsewhere()
    {
        var body = Read(
            """{"model":"expensive","models":["more-expensive"],"fallbacks":[1],"route":"fallback","api_base":"http://evil","base_url":"x","api_key":"k","background":true,"tools":[{"type":"web_search"}],"x":1.50}""",
            "/openai/v1/responses");

        Assert.That(body.Other, Is.EqualTo("expensive"));
        Assert.That(JsonNode.Parse(body.Bytes())!.ToJsonString(), Is.EqualTo("""{"model":"the-model","tools":[{"type":"web_search"}],"x":1.50}"""));
    }

    [TestCase("[]")]
    [TestCase("")]
    [TestCase("""{"model":"a","model":"b"}""")]
    [TestCase("no json")]
    public void What_is_no_request_is_not_passed_on(string text) => Assert.Throws<FormatException>(() => Read(text, "/openai/v1/responses"));

    [TestCase("/openai/v1/chat/completions", """{"max_tokens":900}""", """{"max_tokens":100,"model":"the-model"}""")]
    [TestCase("/openai/v1/chat/completions", """{"max_completion_tokens":900}""", """{"max_completion_tokens":100,"model":"the-model"}""")]
    [TestCase("/openai/v1/chat/completions", "{}", """{"model":"the-model","max_tokens":100}""")]
    [TestCase("/openai/v1/responses", """{"max_output_tokens":900}""", """{"max_output_tokens":100,"model":"the-model"}""")]
    [TestCase("/openai/v1/responses", """{"max_output_tokens":50}""", """{"max_output_tokens":50,"model":"the-model"}""")]
    [TestCase("/anthropic/v1/messages", """{"max_tokens":900,"thinking":{"type":"enabled","budget_tokens":800}}""", """{"max_tokens":100,"thinking":{"type":"disabled"},"model":"the-model"}""")]
    [TestCase("/gemini/v1beta/models/x:generateContent", "{}", """{"generationConfig":{"maxOutputTokens":100}}""")]
    public void A_reply_is_limited_to_what_is_left(string path, string text, string limited)
    {
        var body = Read(text, path);
        body.Limit(100);

        Assert.That(Encoding.UTF8.GetString(body.Bytes()), Is.EqualTo(limited));
    }

    [Test]
    public void An_endpoint_with_other_words_for_its_limit_is_told_in_them()
    {
        var body = Read("{}", "/openai/v1/chat/completions", Target with { Model = "openai/gpt-5.1" });
        body.Limit(100);
        Assert.That(Encoding.UTF8.GetString(body.Bytes()), Does.Contain("max_completion_tokens"));
    }

    [Test]
    public void A_request_is_estimated_and_an_image_is_not_its_letters()
    {
        var text = Read($$"""{"messages":[{"role":"user","content":"{{string.Concat(Enumerable.Repeat("four words of text ", 700))}}"}]}""", "/openai/v1/chat/completions");
        var image = Read($$"""{"image":"data:image/png;base64,{{new string('A', 1_000_000)}}"}""", "/openai/v1/chat/completions");

        Assert.That(text.PromptTokens, Is.InRange(2_800, 4_500));
        Assert.That(image.PromptTokens, Is.LessThan(2_000));
    }

    [Test]
    public void A_profile_of_messages_serves_agents_that_speak_them()
    {
        var llm = new LlmOptions { Profiles = { ["claude"] = new LlmProfile { BaseUrl = "https://messages.example/v1", Api = ModelApi.Messages, Model = "m", Headers = { ["X-Own"] = "1" } } } };
        var target = ProxyTarget.Resolve(AgentApi.Anthropic, new ModelChoice("claude"), "other", llm, new ProxyOptions());

        Assert.That(target.AddressOf(ProxyRoute.Of(AgentApi.Anthropic, "POST", "/anthropic/v1/messages?beta=true")!).AbsoluteUri, Is.EqualTo("https://messages.example/v1/messages?beta=true"));
        Assert.That((target.KeyHeader, target.KeyPrefix, target.Headers["X-Own"]), Is.EqualTo(("x-api-key", "", "1")));
    }

    [Test]
    public void A_stream_that_was_cut_is_estimated_from_what_came()
    {
        var reader = new UsageReader(events: true);
        reader.Take(Encoding.UTF8.GetBytes("data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":700,\"output_tokens\":1}}}\n\n"));
        reader.Take(Encoding.UTF8.GetBytes($"data: {{\"type\":\"content_block_delta\",\"delta\":{{\"type\":\"text_delta\",\"text\":\"{new string('a', 350)}\"}}}}\n\n"));

        var (stated, estimated) = (reader.Finish()!, reader.Estimate(1));
        Assert.That((stated.PromptTokens, stated.CompletionTokens, reader.Ended), Is.EqualTo((700L, 1L, false)));
        Assert.That((estimated.PromptTokens, estimated.CompletionTokens, estimated.Estimated), Is.EqualTo((700L, 101L, true)));
    }

    [Test]
    public void A_secret_is_masked_wherever_a_stream_is_split()
    {
        const string secret = "sk-canary-a/b+c-0123456789";
        var text = $"data: {{\"key\":\"{secret}\"}}\n\ndata: no secret\n\n{{\"key\":\"{secret}\"}}";
        for (var size = 1; size < text.Length; size++)
        {
            var mask = new KeyMask([secret]);
            var passed = string.Concat(text.Chunk(size).Select(piece => Encoding.UTF8.GetString(mask.Take(Encoding.UTF8.GetBytes(piece))))) + Encoding.UTF8.GetString(mask.Finish());
            Assert.That(passed, Does.Not.Contain(secret).And.Contain("no secret"), $"pieces of {size}");
            Assert.That(passed, Has.Length.EqualTo(text.Length));
        }
    }

    [Test]
    public void The_end_of_an_event_does_not_wait_for_the_next()
    {
        var mask = new KeyMask(["sk-canary-0123456789"]);

        Assert.That(Encoding.UTF8.GetString(mask.Take("data: 1\n\n"u8)), Is.EqualTo("data: 1\n\n"));
    }

    private static ProxyBody Read(string text, string path, ProxyTarget? target = null)
    {
        var api = path.StartsWith("/openai", StringComparison.Ordinal) ? AgentApi.Openai : path.StartsWith("/gemini", StringComparison.Ordinal) ? AgentApi.Gemini : AgentApi.Anthropic;
        return ProxyBody.Read(Encoding.UTF8.GetBytes(text), ProxyRoute.Of(api, "POST", path)!, target ?? Target);
    }
}

using Spark.Temporal.Activities.Llm;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>The forms in which providers write errors.</summary>
public sealed class ProviderWordsTests
{
    [TestCase("""{"error":{"message":"No.","code":"bad_key"}}""", "No. (bad_key)", TestName = "OpenAI")]
    [TestCase("""[{"error":{"code":429,"message":"Quota.","status":"RESOURCE_EXHAUSTED"}}]""", "Quota. (RESOURCE_EXHAUSTED)", TestName = "Gemini, an array")]
    [TestCase("""{"object":"error","message":"Too long.","type":"BadRequestError","code":400}""", "Too long. (BadRequestError)", TestName = "vLLM, flat")]
    [TestCase("""{"error":"model not loaded"}""", "model not loaded", TestName = "a plain string")]
    [TestCase("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", "Overloaded (overloaded_error)", TestName = "Anthropic")]
    [TestCase("""{"status":"failure","message":"x-portkey-provider header is required"}""", "x-portkey-provider header is required (failure)", TestName = "Portkey")]
    [TestCase("""{"detail":[{"type":"extra_forbidden","loc":["body","foo"],"msg":"Extra inputs are not permitted"}]}""", "body.foo: Extra inputs are not permitted", TestName = "Mistral, detail")]
    [TestCase("""{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","foo"],"msg":"Extra inputs are not permitted"}]}}""", "body.foo: Extra inputs are not permitted", TestName = "Mistral, detail in the message")]
    [TestCase("""{"message":"{\"detail\":[{\"type\":\"x\",\"loc\":[\"body\",\"foo\"],\"msg\":\"No\"}]}"}""", "body.foo: No", TestName = "Mistral, JSON text in the message")]
    [TestCase("""{"detail":"Unauthorized"}""", "Unauthorized", TestName = "a detail")]
    [TestCase("""{"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"upstream is down\"}}","provider_name":"Acme"}}}""", "Provider returned error [from Acme: upstream is down]", TestName = "OpenRouter")]
    [TestCase("""{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}""", "Authentication error", TestName = "Cloudflare")]
    [TestCase("plain words", "plain words", TestName = "no JSON")]
    [TestCase("", "(no words)", TestName = "nothing")]
    public void They_are_read(string body, string words) => Assert.That(ProviderWords.From(body), Is.EqualTo(words));

    [TestCase("""{"error":{"code":402,"message":"x"}}""", 402)]
    [TestCase("""{"error":{"code":"429","message":"x"}}""", 429)]
    [TestCase("""{"error":{"type":"overloaded_error","message":"x"}}""", 529)]
    [TestCase("""[{"error":{"code":503,"message":"x"}}]""", 503)]
    [TestCase("""{"object":"error","message":"x","code":400}""", 400)]
    [TestCase("""{"error":"broken"}""", 0)]
    [TestCase("""{"choices":[{"error":{"code":502,"message":"x"},"finish_reason":"error"}]}""", 502)]
    [TestCase("""{"choices":[{"message":{}}],"error":null}""", null)]
    [TestCase("""{"choices":[{"message":{}}],"error":{}}""", null)]
    [TestCase("""{"choices":[{"message":{}}]}""", null)]
    public void A_success_that_holds_an_error_has_its_number(string body, int? number) => Assert.That(ProviderWords.ErrorIn(body), Is.EqualTo(number));
}

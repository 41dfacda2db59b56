using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>What is for good is known at the first answer; what passes is not taken for it.</summary>
public sealed class LlmRefusalsTests : LlmTestBase
{
    private const string Refused = FailureTypes.ModelRefused;
    private const string Unauthorized = FailureTypes.ModelUnauthorized;
    private const string Filtered = FailureTypes.ModelFiltered;

    [TestCase(429, """{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}""", Refused, "Add credit", TestName = "OpenAI, no quota")]
    [TestCase(429, """{"error":{"message":"Out of credit","type":"insufficient_quota","code":"credit_balance_exhausted"}}""", Refused, "Add credit", TestName = "OpenAI, credit used up")]
    [TestCase(429, """{"error":{"message":"Limit","type":"insufficient_quota","code":"organization_spend_limit_exceeded"}}""", Refused, "Add credit", TestName = "OpenAI, spend limit")]
    [TestCase(429, """{"error":{"message":"Limit","type":"x","code":"project_spend_limit_exceeded"}}""", Refused, "Add credit", TestName = "OpenAI, project's limit")]
    [TestCase(400, """{"error":{"message":"Billing hard limit has been reached","code":"billing_hard_limit_reached"}}""", Refused, "Add credit", TestName = "OpenAI, hard limit")]
    [TestCase(500, """{"error":{"message":"quota","type":"insufficient_quota"}}""", Refused, "Add credit", TestName = "no quota, said as 500")]
    [TestCase(400, """{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}""", Refused, "Add credit", TestName = "Anthropic, credit too low")]
    [TestCase(429, """{"type":"error","error":{"type":"rate_limit_error","message":"enforced_spend_limit_reached"}}""", Refused, "Raise the limit", TestName = "Anthropic, spend limit")]
    [TestCase(402, """{"error":{"message":"Insufficient Balance","code":"invalid_request_error"}}""", Refused, "Add credit", TestName = "DeepSeek, no balance")]
    [TestCase(402, """{"error":{"code":402,"message":"You requested up to 8192 tokens, but can only afford 90."}}""", Refused, "MaxTokens", TestName = "OpenRouter, cannot afford")]
    [TestCase(200, """{"error":{"code":402,"message":"Insufficient credits"}}""", Refused, "Add credit", TestName = "OpenRouter, no credit, said as 200")]
    [TestCase(400, """{"error":{"message":"Access denied, please make sure your account is in good standing.","type":"Arrearage","code":"Arrearage"}}""", Refused, "Pay what is owed", TestName = "DashScope, in arrears")]
    [TestCase(403, """{"error":{"message":"The free tier of the model has been exhausted.","code":"AllocationQuota.FreeTierOnly"}}""", Refused, "paid calls", TestName = "DashScope, free tier used up")]
    [TestCase(429, """{"error":{"code":"1113","message":"Insufficient balance or no resource package. Please recharge."}}""", Refused, "Add credit", TestName = "GLM, no balance")]
    [TestCase(429, """{"error":{"message":"Your account is suspended","type":"exceeded_current_quota_error"}}""", Refused, "Add credit", TestName = "Kimi, suspended")]
    [TestCase(400, """{"error":{"message":"ExceededBudget: over budget","type":"budget_exceeded","code":"400"}}""", Refused, "Raise the limit in the proxy", TestName = "LiteLLM, budget")]
    [TestCase(429, """{"error":{"message":"Max budget limit reached.","code":"429"}}""", Refused, "Raise the limit in the proxy", TestName = "LiteLLM, budget, said as 429")]
    [TestCase(429, """[{"error":{"code":429,"message":"You exceeded your current quota ... limit: 0","status":"RESOURCE_EXHAUSTED"}}]""", Refused, "Enable billing", TestName = "Gemini, tier without access")]
    [TestCase(429, """[{"error":{"code":429,"message":"You exceeded your current quota","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]}]}}]""", Refused, "reset", TestName = "Gemini, quota of the day")]
    [TestCase(401, """{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}""", Unauthorized, "is wrong", TestName = "a wrong key")]
    [TestCase(403, """{"error":{"message":"no access to this model","status":"PERMISSION_DENIED"}}""", Unauthorized, "rights", TestName = "a key without rights")]
    [TestCase(404, """{"error":{"message":"The model `gpt-9` does not exist","code":"model_not_found"}}""", Refused, "--model", TestName = "an unknown model")]
    [TestCase(404, "Not Found", Refused, "/v1", TestName = "a wrong path")]
    [TestCase(501, """{"error":{"message":"not implemented"}}""", Refused, "BaseUrl", TestName = "not implemented")]
    [TestCase(407, "", Refused, "HTTPS_PROXY", TestName = "a proxy without a log-in")]
    [TestCase(400, """{"error":{"message":"The response was filtered","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}""", Filtered, "this one request", TestName = "Azure, filter")]
    [TestCase(400, """{"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy.","code":"invalid_prompt"}}""", Filtered, "this one request", TestName = "OpenAI, flagged")]
    [TestCase(400, """{"error":{"message":"The request was rejected because it was considered high risk","type":"content_filter"}}""", Filtered, "this one request", TestName = "Kimi, high risk")]
    [TestCase(400, """{"error":{"message":"Input data may contain inappropriate content.","code":"data_inspection_failed"}}""", Filtered, "this one request", TestName = "DashScope, inspection")]
    [TestCase(403, """{"error":{"code":403,"message":"Your chosen model requires moderation and your input was flagged","metadata":{"reasons":["violence"],"flagged_input":"x"}}}""", Filtered, "this one request", TestName = "OpenRouter, moderation")]
    [TestCase(403, """{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported"}}""", Refused, "region", TestName = "OpenAI, region")]
    [TestCase(401, """{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}}""", Unauthorized, "KeyHeader to api-key", TestName = "Azure, classic key")]
    [TestCase(401, """{"status":"failure","message":"Either x-portkey-config or x-portkey-provider header is required"}""", Refused, "Headers:x-portkey-provider", TestName = "Portkey, header")]
    [TestCase(400, """{"object":"error","message":"Unexpected role 'user' after role 'assistant'","code":"3231"}""", Refused, "order of messages", TestName = "Mistral, roles")]
    [TestCase(404, """{"error":{"code":404,"message":"No endpoints found matching your data policy."}}""", Refused, "privacy", TestName = "OpenRouter, privacy")]
    [TestCase(403, """{"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in 03:20:10."}""", Refused, "(in 3 h 20 min)", TestName = "API Management, quota")]
    [TestCase(429, """[{"error":{"code":429,"message":"You exceeded your current quota. Please retry in 10h17m."}}]""", Refused, "(in 10 h 1", TestName = "Gemini, hours")]
    [TestCase(200, """{"error":{"code":403,"message":"input was flagged by moderation","metadata":{"flagged_input":"x"}}}""", Filtered, "this one request", TestName = "OpenRouter, moderation, said as 200")]
    public async Task A_refusal_for_good_ends_the_call_at_its_first_answer(int status, string body, string type, string remedy)
    {
        Server.Then(new FakeReply { Status = status, Body = body });

        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.Multiple(() =>
        {
            Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((type, true)), failure.Message);
            Assert.That(failure.Message, Does.Contain(Server.BaseUrl).And.Contain(remedy));
            Assert.That(Server.Requests, Has.Count.EqualTo(1));
        });
    }

    [TestCase(429, """{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}""", TestName = "OpenAI, rate limit")]
    [TestCase(429, """[{"error":{"code":429,"message":"You exceeded your current quota. Please retry in 46s.","details":[{"violations":[{"quotaId":"RequestsPerMinute"}]}]}}]""", TestName = "Gemini, minute's limit")]
    [TestCase(429, """{"error":{"code":"1302","message":"concurrency"}}""", TestName = "GLM, concurrency")]
    [TestCase(402, """{"error":{"code":402,"message":"wait","metadata":{"reason":"in_flight_budget_exhausted"}}}""", TestName = "OpenRouter, credit in flight")]
    [TestCase(200, """{"error":{"code":502,"message":"upstream"}}""", TestName = "OpenRouter, 502, said as 200")]
    [TestCase(529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", TestName = "Anthropic, overloaded")]
    [TestCase(503, """{"error":{"message":"Loading model","type":"unavailable_error","code":503}}""", TestName = "llama.cpp, loading")]
    public async Task Trouble_that_passes_is_not_taken_for_a_refusal(int status, string body)
    {
        Server.Then(new FakeReply { Status = status, Body = body });

        await PassesAsync();
    }

    [TestCase(502)]
    [TestCase(503)]
    [TestCase(429)]
    public async Task A_balancers_page_is_trouble_of_the_moment(int status)
    {
        Server.Then(FakeReply.Page(status, $"{status} Bad Gateway"));

        await PassesAsync();
    }

    [TestCase(200)]
    [TestCase(203)]
    [TestCase(401)]
    [TestCase(403)]
    [TestCase(404)]
    [TestCase(511)]
    public async Task A_web_page_is_named_by_its_title_and_not_asked_for_again(int status)
    {
        Server.Then(FakeReply.Page(status, "Log in to the guest network"));

        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((Refused, true)));
        Assert.That(failure.Message, Does.Contain("'Log in to the guest network'").And.Contain("Llm:Profiles:default:BaseUrl").And.Contain("NO_PROXY").And.Not.Contain("<"));
    }

    [TestCase(301)]
    [TestCase(302)]
    [TestCase(308)]
    public async Task A_redirect_says_where_to_without_its_query(int status)
    {
        Server.Then(new FakeReply { Status = status }.WithHeader("Location", "https://login.example.org/start?token=abc"));

        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((Refused, true)));
        Assert.That(failure.Message, Does.Contain("https://login.example.org/start").And.Not.Contain("token=abc").And.Contain("BaseUrl"));
    }

    [Test]
    public async Task Without_a_key_the_variable_that_is_not_set_is_named()
    {
        Environment.SetEnvironmentVariable(KeyVariable, null);
        Server.Then(FakeReply.Error(401, "You didn't provide an API key."));

        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.That(failure.ErrorType, Is.EqualTo(Unauthorized));
        Assert.That(failure.Message, Does.Contain($"{KeyVariable} is not set").And.Contain("You didn't provide an API key."));
    }

    [TestCase(30, "trust", TestName = "an untrusted certificate")]
    [TestCase(-1, "expired", TestName = "an expired certificate")]
    public async Task A_certificate_that_is_not_trusted_is_refused_at_once(int days, string word)
    {
        using var certificate = Certificate(days);
        await using var secure = await FakeModelServer.StartAsync(certificate: certificate);

        var failure = await FailureAsync(Activities(("Profiles:default:BaseUrl", Tls(secure))), await RequestAsync());

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((Refused, true)), failure.Message);
        Assert.That(failure.Message, Does.Contain("certificate").And.Contain(word).And.Contain("SSL_CERT_FILE"));
        Assert.That(secure.Requests, Is.Empty);
    }

    [Test]
    public async Task An_address_that_speaks_no_TLS_is_said_so()
    {
        var failure = await FailureAsync(Activities(("Profiles:default:BaseUrl", Tls(Server))), await RequestAsync());

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((Refused, true)), failure.Message);
        Assert.That(failure.Message, Does.Contain("http://"));
    }

    [Test]
    public async Task A_name_that_is_not_known_is_tried_again_and_says_that_it_is_the_name()
    {
        var failure = await FailureAsync(Activities(("Profiles:default:BaseUrl", "http://no-such-host.invalid/v1")), await RequestAsync());

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((FailureTypes.ModelUnavailable, false)));
        Assert.That(failure.Message, Does.Contain("'no-such-host.invalid' cannot be resolved").And.Contain("OPENAI_BASE_URL"));
    }

    [Test]
    public async Task No_quota_does_not_lower_the_calls_at_once()
    {
        Server.Script = _ => FakeReply.Error(429, "no quota", "insufficient_quota");
        var activities = Activities();

        await FailureAsync(activities, await RequestAsync());

        Assert.That(Logs.Lines, Has.None.Contains("calls at once"));
    }

    private async Task PassesAsync()
    {
        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((FailureTypes.ModelUnavailable, false)), failure.Message);
    }

    private static string Tls(FakeModelServer server) => $"https://localhost:{new Uri(server.BaseUrl).Port}/v1";

    private static X509Certificate2 Certificate(int days)
    {
        using var key = RSA.Create(2048);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(days));
    }
}

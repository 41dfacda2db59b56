using Spark.Temporal.Activities.Llm.Signs;

namespace Spark.Temporal.Tests.Activities.Llm.Signs;

/// <summary>Error replies as providers send them, and the row of the table that each must hit.</summary>
public sealed class SignTableTests
{
    private static readonly (string Row, int Status, string Body)[] Examples =
    [
        ("filter of Azure", 400, """{"error":{"message":"filtered","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"""),
        ("filter of OpenAI", 400, """{"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy.","code":"invalid_prompt"}}"""),
        ("moderation of OpenRouter", 403, """{"error":{"code":403,"message":"requires moderation","metadata":{"reasons":["violence"],"flagged_input":"x"}}}"""),
        ("filter of Kimi", 400, """{"error":{"message":"The request was rejected because it was considered high risk"}}"""),
        ("inspection of Qwen", 400, """{"error":{"code":"data_inspection_failed","message":"x"}}"""),
        ("filter of Gemini", 400, """[{"error":{"code":400,"message":"blocked: PROHIBITED_CONTENT"}}]"""),
        ("filter of GLM", 400, """{"error":{"code":"1301","message":"unsafe"}}"""),
        ("usage policy", 400, """{"error":{"message":"This violates our content policies."}}"""),
        ("region", 403, """{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported"}}"""),
        ("region", 400, """[{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}]"""),
        ("credit in flight", 402, """{"error":{"code":402,"message":"wait","metadata":{"reason":"in_flight_budget_exhausted"}}}"""),
        ("cannot afford", 402, """{"error":{"code":402,"message":"You requested up to 8192 tokens, but can only afford 90."}}"""),
        ("quota of OpenAI", 429, """{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"""),
        ("quota of OpenAI", 429, """{"error":{"message":"x","code":"credit_balance_exhausted"}}"""),
        ("quota of OpenAI", 429, """{"error":{"message":"x","code":"organization_spend_limit_exceeded"}}"""),
        ("quota of OpenAI", 429, """{"error":{"message":"x","code":"project_spend_limit_exceeded"}}"""),
        ("quota of OpenAI", 429, """{"error":{"message":"x","code":"organization_usage_limit_exceeded"}}"""),
        ("spend limit of Anthropic", 429, """{"type":"error","error":{"type":"rate_limit_error","message":"enforced_spend_limit_reached"}}"""),
        ("credit of Anthropic", 400, """{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"""),
        ("credit of Anthropic", 402, """{"type":"error","error":{"type":"billing_error","message":"x"}}"""),
        ("Qwen, unpaid", 400, """{"error":{"code":"Arrearage","message":"Access denied"}}"""),
        ("Qwen, free tier", 403, """{"error":{"code":"AllocationQuota.FreeTierOnly","message":"x"}}"""),
        ("budget of a proxy", 400, """{"error":{"message":"ExceededBudget: over budget","type":"budget_exceeded","code":"400"}}"""),
        ("budget of a proxy", 429, """{"error":{"message":"Max budget limit reached.","code":"429"}}"""),
        ("GLM, balance", 429, """{"error":{"code":"1113","message":"Insufficient balance or no resource package."}}"""),
        ("GLM, locked", 429, """{"error":{"code":"1121","message":"locked"}}"""),
        ("suspended", 429, """{"error":{"message":"Your account org-1 is suspended","type":"exceeded_current_quota_error"}}"""),
        ("billing of Gemini", 400, """[{"error":{"code":400,"message":"API free tier is not available in your country. Please enable billing","status":"FAILED_PRECONDITION"}}]"""),
        ("tier of Gemini", 429, """[{"error":{"code":429,"message":"You exceeded your current quota, limit: 0","status":"RESOURCE_EXHAUSTED"}}]"""),
        ("quota of the day", 429, """[{"error":{"code":429,"message":"quota","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]}]}}]"""),
        ("quota of a gateway", 403, """{"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in 01:23:45."}"""),
        ("balance or cycle", 403, """{"error":{"message":"You've reached your usage limit for this billing cycle."}}"""),
        ("no balance", 403, """{"error":{"message":"Insufficient funds"}}"""),
        ("no balance", 402, """{"error":{"message":"Insufficient Balance","code":"invalid_request_error"}}"""),
        ("payment required", 402, """[{"error":{"code":402,"status":"RESOURCE_EXHAUSTED","message":"x"}}]"""),
        ("key of Azure", 401, """{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}}"""),
        ("header of Portkey", 401, """{"status":"failure","message":"Either x-portkey-config or x-portkey-provider header is required"}"""),
        ("header of Cloudflare", 401, """{"success":false,"errors":[{"code":2009,"message":"cf-aig-authorization missing"}]}"""),
        ("header of Anthropic", 401, """{"type":"error","error":{"type":"authentication_error","message":"x-api-key header is required"}}"""),
        ("key of Gemini", 400, """[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"""),
        ("wrong key", 401, """{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"""),
        ("wrong key", 401, """{"error":{"message":"invalid access token or token expired"}}"""),
        ("service of Google", 403, """[{"error":{"code":403,"message":"API has not been used in project 1","status":"PERMISSION_DENIED"}}]"""),
        ("client of a plan", 403, """{"error":{"message":"This plan is currently only available for Coding Agents"}}"""),
        ("rights of the key", 403, """{"type":"error","error":{"type":"permission_error","message":"no access"}}"""),
        ("rights of the key", 403, """[{"error":{"code":403,"message":"denied","status":"PERMISSION_DENIED"}}]"""),
        ("Responses only", 404, """{"error":{"message":"This model is only supported in v1/responses and not in v1/chat/completions."}}"""),
        ("Responses only", 404, """{"error":{"message":"This is not a chat model. Did you mean to use v1/completions?"}}"""),
        ("tools with an effort", 400, """{"error":{"message":"Function tools with reasoning_effort are not supported","param":"reasoning_effort","code":null}}"""),
        ("Azure, version", 400, """{"error":{"message":"Missing required query parameter: api-version"}}"""),
        ("Azure, address", 404, """{"error":{"code":"404","message":"Resource not found"}}"""),
        ("Azure, address", 404, """{"error":{"code":"DeploymentNotFound","message":"x"}}"""),
        ("route without tools", 404, """{"error":{"code":404,"message":"No endpoints found that support tool use."}}"""),
        ("route by policy", 404, """{"error":{"code":404,"message":"No endpoints found matching your data policy."}}"""),
        ("tools refused", 400, """{"object":"error","message":"\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set","code":400}"""),
        ("tools refused", 400, """{"error":{"message":"registry.local/gemma does not support tools"}}"""),
        ("tools refused", 500, """{"error":{"code":500,"message":"tools param requires --jinja flag"}}"""),
        ("streams only", 400, """{"error":{"message":"parameter.enable_thinking must be set to false for non-streaming calls"}}"""),
        ("streams only", 400, """{"error":{"message":"This model only support stream mode"}}"""),
        ("no streams", 400, """{"error":{"message":"stream is not supported for this deployment"}}"""),
        ("limit of the reply", 400, """{"error":{"message":"Range of max_tokens should be [1, 8192]"}}"""),
        ("reasoning missing", 400, """{"error":{"message":"The `reasoning_content` in the thinking mode must be passed back to the API."}}"""),
        ("reasoning missing", 400, """[{"error":{"code":400,"message":"Function call is missing a thought_signature in functionCall parts."}}]"""),
        ("reasoning missing", 400, """{"error":{"message":"Item 'fc_1' of type 'function_call' was provided without its required 'reasoning' item: 'rs_1'."}}"""),
        ("ids of tool calls", 400, """{"object":"error","message":"Tool call id was x but must be a-z, A-Z, 0-9, with a length of 9.","code":"3280"}"""),
        ("order of roles", 400, """{"object":"error","message":"Unexpected role 'user' after role 'tool'","code":"3230"}"""),
        ("template", 500, """{"error":{"message":"Jinja Exception: System message must be at the beginning"}}"""),
        ("template", 500, """{"error":{"message":"no user query found in messages"}}"""),
        ("unknown field", 422, """{"detail":[{"type":"extra_forbidden","loc":["body","messages",2,"assistant","foo"],"msg":"Extra inputs are not permitted"}]}"""),
        ("unknown field", 400, """{"error":{"message":"x","code":"unsupported_value","param":"temperature"}}"""),
        ("loading", 503, """{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"""),
        ("no such model", 404, """{"error":{"message":"The model `gpt-9` does not exist","code":"model_not_found"}}"""),
        ("no such model", 400, """{"error":{"code":"1211","message":"unknown"}}"""),
        ("no such address", 404, "Not Found"),
        ("not implemented", 501, """{"error":{"message":"x"}}"""),
        ("network log-in", 511, ""),
        ("proxy", 407, ""),
        ("redirect", 302, ""),
        ("too many requests", 429, """{"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}"""),
        ("too many requests", 429, """{"error":{"code":"1302","message":"concurrency"}}"""),
        ("too many requests", 429, """{"error":{"message":"slow down","code":"slow_down"}}"""),
        ("out of service", 529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""),
        ("out of service", 503, """[{"error":{"code":503,"status":"UNAVAILABLE","message":"The model is overloaded."}}]"""),
        ("refused", 418, """{"error":{"message":"teapot"}}"""),
        ("overflow", 400, """{"error":{"message":"x","code":"context_length_exceeded"}}"""),
        ("overflow", 500, """{"error":{"message":"Context size has been exceeded."}}"""),
    ];

    private static IEnumerable<TestCaseData> Cases => Examples.Select((example, index) =>
        new TestCaseData(example.Row, example.Status, example.Body).SetArgDisplayNames($"{index:00} {example.Row}", $"{example.Status}"));

    [TestCaseSource(nameof(Cases))]
    public void A_reply_hits_its_row(string row, int status, string body)
    {
        var found = SignTable.Of(Input(status, body));

        Assert.That(found?.Sign.Name, Is.EqualTo(row), ErrorText.Of(body));
    }

    [Test]
    public void Every_row_has_an_example_and_says_what_to_do()
    {
        var pagesAndKeys = new[] { "balancer's page", "web page", "no key" };

        Assert.Multiple(() =>
        {
            Assert.That(SignTable.Rows.Select(row => row.Name).Except([.. Examples.Select(example => example.Row), .. pagesAndKeys]), Is.Empty);
            Assert.That(SignTable.Rows.Select(row => row.Name), Is.Unique);
            Assert.That(SignTable.Rows.Where(row => row.Class != SignClass.Passing && (row.Meaning.Length == 0 || row.Remedy.Length == 0)).Select(row => row.Name), Is.Empty);
        });
    }

    [Test]
    public void What_is_not_about_the_key_does_not_speak_of_it()
    {
        foreach (var (row, status, body) in Examples.Where(example => example.Row is "region" || example.Row.Contains("filter") || example.Row.Contains("moderation")))
        {
            var sign = SignTable.Of(Input(status, body))!.Value.Sign;
            Assert.That($"{sign.Remedy}", Does.Not.Contain("{key}").And.Not.Contain("check the key").IgnoreCase, row);
            Assert.That(sign.Class, Is.Not.EqualTo(SignClass.Key));
        }
    }

    [Test]
    public void A_conversation_about_money_is_no_unpaid_bill()
    {
        const string Echoed = """{"detail":[{"type":"missing","loc":["body","x"],"msg":"Field required","input":{"messages":[{"content":"insufficient_quota, billing_error and 402"}]}}]}""";

        Assert.That(SignTable.Of(Input(400, Echoed))!.Value.Sign.Name, Is.EqualTo("refused"));
    }

    [TestCase(true, 400, """{"error":{"message":"odd"}}""", SignClass.Passing)]
    [TestCase(false, 429, """{"error":{"message":"Rate limit reached"}}""", SignClass.Permanent)]
    [TestCase(true, 429, """{"error":{"code":"insufficient_quota"}}""", SignClass.Permanent, Description = "words stand above it")]
    [TestCase(true, 401, """{"error":{"message":"Incorrect API key"}}""", SignClass.Key)]
    public void X_should_retry_stands_above_the_status(bool retry, int status, string body, object kind) =>
        Assert.That(SignTable.Of(new SignInput(status, ErrorText.Of(body), ShouldRetry: retry))!.Value.Sign.Class, Is.EqualTo((SignClass)kind));

    private static SignInput Input(int status, string body) => new(status, ErrorText.Of(body));
}

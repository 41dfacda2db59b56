using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Agents.Proxy;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Agents;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ModelProxyTests : IAsyncDisposable
{
    private const string Variable = "SPARK_TEST_PROXY_KEY";
    private const string Key = "sk-canary-real-key-of-the-proxy";

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();
    private FakeModelServer _model = null!;
    private ModelProxy _proxy = null!;
    private LlmProfile _profile = null!;

    [SetUp]
    public async Task StartAsync()
    {
        Environment.SetEnvironmentVariable(Variable, Key);
        _model = await FakeModelServer.StartAsync();
        _proxy = NewProxy();
    }

    [Test]
    public async Task The_key_takes_the_place_of_the_token_and_what_it_cost_is_counted()
    {
        var reply = await PostAsync(Token(), """{"model":"priced","messages":[]}""");

        var request = _model.Requests.Single();
        Assert.Multiple(async () =>
        {
            Assert.That(reply.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await reply.Content.ReadAsStringAsync(), Does.Contain("Done."));
            Assert.That(request.Header("Authorization"), Is.EqualTo($"Bearer {Key}"));
            Assert.That((request.Purpose, request.Run, request.Task), Is.EqualTo((LlmPurposes.Agent, "eval/a/b", "a task")));
            Assert.That(_proxy.Accounts.Of("account").Usage, Is.EqualTo(new TokenUsage(100, 10, 20, 110 * 10 / 1e6)));
            Assert.That(_proxy.Accounts.Of("account").Calls, Is.EqualTo(1));
        });
    }

    [TestCase("x-api-key")]
    [TestCase("x-goog-api-key")]
    public async Task A_token_is_known_in_every_place_where_clients_put_keys(string header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{await _proxy.UrlAsync(AgentApi.Openai, default)}/chat/completions") { Content = new StringContent("{}") };
        request.Headers.Add(header, Token());

        Assert.That((await _http.SendAsync(request)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(_model.Requests.Single().Headers.Values, Has.None.Contain(RunToken.Prefix));
    }

    [Test]
    public async Task What_is_no_token_is_past_or_has_ended_is_refused()
    {
        var good = Token();
        var other = Path.Combine(_folder.Path, "other");
        var forged = Unsigned().Sign(new ProxyState(other).Secret);
        foreach (var token in new[] { "", Key, good + "x", forged, Unsigned() is var said ? (said with { Expires = 1 }).Sign(new ProxyState(_folder["state"]).Secret) : "" })
        {
            Assert.That((await PostAsync(token, "{}")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), token);
        }

        _proxy.Accounts.Of("account").Close();
        Assert.That((await PostAsync(good, "{}")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(_model.Requests, Is.Empty);
    }

    [Test]
    public async Task A_budget_that_is_used_up_ends_the_calls()
    {
        var token = Token(budget: 0.001);
        var first = await PostAsync(token, """{"model":"priced"}""");
        var second = await PostAsync(token, """{"model":"priced"}""");

        Assert.That((first.StatusCode, second.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Forbidden)));
        Assert.That(await second.Content.ReadAsStringAsync(), Does.Contain("budget is used up: $0.0011 of $0.0010"));
        Assert.That(_model.Requests, Has.Count.EqualTo(1));
        Assert.That(_proxy.Accounts.Of("account").Refused, Is.EqualTo(1));
    }

    [Test]
    public async Task A_budget_raised_while_it_runs_lets_the_same_token_go_on_and_outlives_a_restart()
    {
        var token = Token(budget: 0.001);
        await PostAsync(token, """{"model":"priced"}""");
        var refused = await PostAsync(token, """{"model":"priced"}""");
        _proxy.Accounts.Of("account").Allow(new SpendingLimit(0.0015));
        await _proxy.DisposeAsync();
        _proxy = NewProxy();
        await _proxy.ResumeAsync(default);
        var allowed = await PostAsync(token, """{"model":"priced"}""");
        var again = await PostAsync(token, """{"model":"priced"}""");

        Assert.That(
            (refused.StatusCode, allowed.StatusCode, again.StatusCode), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.OK, HttpStatusCode.Forbidden)));
        Assert.That(await again.Content.ReadAsStringAsync(), Does.Contain("of $0.0015"));
    }

    [Test]
    public async Task A_restart_forgets_neither_tokens_nor_costs_nor_the_address()
    {
        var token = Token(budget: 0.002);
        var before = await _proxy.UrlAsync(AgentApi.Openai, default);
        await PostAsync(token, """{"model":"priced"}""");
        await _proxy.DisposeAsync();
        _proxy = NewProxy();
        await _proxy.ResumeAsync(default);

        Assert.That(await _proxy.UrlAsync(AgentApi.Openai, default), Is.EqualTo(before));
        Assert.That((await PostAsync(token, """{"model":"priced"}""")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await PostAsync(token, """{"model":"priced"}""")).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(_proxy.Accounts.Of("account").Usage.PromptTokens, Is.EqualTo(200));
    }

    [Test]
    public async Task An_endpoint_that_does_not_answer_is_said_so()
    {
        await _model.DisposeAsync();

        Assert.That((await PostAsync(Token(), "{}")).StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
        var account = _proxy.Accounts.Of("account");
        Assert.That((account.Calls, account.Failures.Total, account.Failures.Last!.Status), Is.EqualTo((0, 1, 0)));
    }

    [Test]
    public async Task Many_calls_at_once_spend_no_more_than_the_budget()
    {
        // Each may have 900 tokens, and takes all that it is allowed.
        _model.Script = request => new FakeReply
        {
            Delay = TimeSpan.FromMilliseconds(30),
            Body = $$$"""{"usage":{"prompt_tokens":10,"completion_tokens":{{{(int)request.Body["max_tokens"]!}}}}}""",
        };
        var token = _proxy.Sign(Unsigned() with { BudgetTokens = 3_000 });
        var replies = await Task.WhenAll(Enumerable.Range(0, 25).Select(_ => PostAsync(token, """{"model":"priced","max_tokens":900,"messages":[{"role":"user","content":"work"}]}""")));

        var account = _proxy.Accounts.Of("account");
        Assert.That(account.Usage.TotalTokens, Is.InRange(2_700, 3_010));
        Assert.That(replies.Select(reply => reply.StatusCode).Distinct(), Is.EquivalentTo(new[] { HttpStatusCode.OK, HttpStatusCode.Forbidden }));
        Assert.That(account.Refused, Is.EqualTo(25 - account.Calls));
    }

    [Test]
    public async Task What_a_call_under_way_does_not_use_is_there_for_the_one_that_waits()
    {
        var mayAnswer = new TaskCompletionSource();
        _model.Then(FakeReply.Text("a short one") with { Until = mayAnswer.Task });
        var token = _proxy.Sign(Unsigned() with { BudgetTokens = 1_000 });
        var first = PostAsync(token, """{"max_tokens":900}""");
        await Eventually.IsTrueAsync(() => Task.FromResult(_model.Requests.Count == 1), "the first is asked");
        var second = PostAsync(token, """{"max_tokens":800}""");
        mayAnswer.SetResult();

        Assert.That(((await first).StatusCode, (await second).StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
        Assert.That((int)_model.Requests[1].Body["max_tokens"]!, Is.EqualTo(800));
    }

    [Test]
    public async Task A_stream_that_is_cut_is_counted()
    {
        var events = $"data: {{\"choices\":[{{\"delta\":{{\"content\":\"{new string('x', 700)}\"}}}}]}}\n\n";
        _model.Then(new FakeReply { Body = events, ContentType = "text/event-stream" });
        await PostAsync(Token(), """{"stream":true,"messages":[{"content":"hello, who are you?"}]}""");

        var account = _proxy.Accounts.Of("account");
        await Eventually.IsTrueAsync(() => Task.FromResult(account.Calls == 1), "it is counted");
        Assert.That(account.Usage.Estimated);
        Assert.That(account.Usage.CompletionTokens, Is.InRange(180, 220));
        Assert.That(account.Usage.PromptTokens, Is.GreaterThan(5));
    }

    [Test]
    public async Task The_key_does_not_come_back_in_bodies_headers_or_notes()
    {
        _model.Then(FakeReply.Error(401, $"Incorrect API key provided: {Key}").WithHeader("X-Debug", $"key={Key}"));
        var reply = await PostAsync(Token(), "{}");

        Assert.That(reply.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await reply.Content.ReadAsStringAsync(), Does.Contain("Incorrect API key").And.Not.Contain(Key));
        Assert.That(reply.Headers.GetValues("X-Debug").Single(), Does.StartWith("key=").And.Not.Contain(Key));
        Assert.That(_proxy.Accounts.Of("account").Failures.Last!.Words, Does.Contain("Incorrect API key").And.Not.Contain(Key));
    }

    [Test]
    public async Task A_success_that_is_an_error_is_no_answer()
    {
        _model.Then(new FakeReply { Body = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n", ContentType = "text/event-stream" });
        await PostAsync(Token(), "{}");

        var account = _proxy.Accounts.Of("account");
        Assert.That((account.Calls, account.Failures.Total, account.Failures.Last!.Words), Is.EqualTo((0, 1, "Overloaded")));
    }

    [Test]
    public async Task A_token_is_good_from_its_own_container_alone()
    {
        var own = _proxy.Sign(Unsigned() with { Container = "mine" });
        var other = _proxy.Sign(Unsigned() with { Container = "other" });
        var gone = _proxy.Sign(Unsigned() with { Container = "gone" });

        Assert.That((await PostAsync(own, "{}")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var refused = await PostAsync(other, "{}");
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain("comes from 127.0.0.1").And.Contain("Agents:ProxyAnyAddress"));
        Assert.That((await PostAsync(gone, "{}")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(_model.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_end_of_a_run_ends_what_is_under_way_and_counts_it()
    {
        _model.Then(FakeReply.Text("late") with { Until = new TaskCompletionSource().Task });
        var asked = PostAsync(Token(), """{"messages":[{"content":"something long"}]}""");
        await Eventually.IsTrueAsync(() => Task.FromResult(_model.Requests.Count == 1), "it is asked");
        await _proxy.Accounts.Of("account").CloseAsync(TimeSpan.FromSeconds(10));

        await Assert.CatchAsync<HttpRequestException>(() => asked);
        Assert.That(_proxy.Accounts.Of("account").Usage, Has.Property("Estimated").True.And.Property("PromptTokens").GreaterThan(3));
        Assert.That((await PostAsync(Token(), "{}")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task What_was_under_way_when_the_worker_died_is_counted_by_the_next()
    {
        _model.Then(FakeReply.Text("late") with { Until = new TaskCompletionSource().Task });
        var asked = PostAsync(Token(), """{"messages":[{"content":"something long"}]}""");
        await Eventually.IsTrueAsync(() => Task.FromResult(_model.Requests.Count == 1), "it is asked");
        var next = RunAccount.Load(Path.Combine(_folder["state"], "agents", "account.jsonl"));

        Assert.That((next.Calls, next.Estimated), Is.EqualTo((1, 1)));
        Assert.That(next.Usage.PromptTokens, Is.GreaterThan(3));
        await _model.DisposeAsync();
        await asked;
    }

    [Test]
    public async Task The_profiles_own_headers_query_and_key_header_hold_and_the_agents_do_not_lead_elsewhere()
    {
        _profile.KeyHeader = "api-key";
        _profile.KeyPrefix = "";
        _profile.Headers["X-Team"] = "blue";
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{await _proxy.UrlAsync(AgentApi.Openai, default)}/chat/completions") { Content = new StringContent("{}") };
        request.Headers.Add("Authorization", $"Bearer {Token()}");
        foreach (var name in new[] { "X-Team", "X-Portkey-Custom-Host", "X-HTTP-Method-Override", "Helicone-Target-Url", "X-Forwarded-Host" })
        {
            request.Headers.Add(name, "evil");
        }

        request.Headers.Add("X-Stainless-Lang", "js");
        await _http.SendAsync(request);

        var seen = _model.Requests.Single();
        Assert.That((seen.Header("api-key"), seen.Header("X-Team"), seen.Header("X-Stainless-Lang")), Is.EqualTo((Key, "blue", "js")));
        Assert.That(seen.Headers.Values, Has.None.Contain("evil"));
        Assert.That(seen.Header("Authorization"), Is.Empty);
    }

    [TestCase(401, 2, 0, true)]
    [TestCase(401, 1, 0, false)]
    [TestCase(401, 2, 1, false)]
    [TestCase(401, 4, 1, true)]
    [TestCase(503, 9, 0, false)]
    public void Asking_on_is_of_no_use_where_a_key_is_refused(int status, int times, int answered, bool hopeless)
    {
        var now = DateTimeOffset.UtcNow;
        var failures = Enumerable.Range(0, times).Aggregate(UpstreamFailures.None, (sum, _) => sum.And(new UpstreamFailure(status, "no", now)));

        Assert.That(failures.Hopeless(answered > 0, now.AddSeconds(5)), Is.EqualTo(hopeless));
        Assert.That(failures.Hopeless(answered > 0, now.AddSeconds(90)), Is.EqualTo(times > 1 && (hopeless || answered == 0)));
    }

    [Test]
    public async Task A_stream_is_asked_for_its_usage_and_passed_on()
    {
        const string events = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";
        _model.Then(new FakeReply { Body = events }.WithHeader("Content-Type", "text/event-stream"));
        var reply = await PostAsync(Token(), """{"model":"priced","stream":true}""");

        Assert.That(await reply.Content.ReadAsStringAsync(), Is.EqualTo(events));
        Assert.That((bool?)_model.Requests.Single().Body["stream_options"]!["include_usage"], Is.True);
        Assert.That(_proxy.Accounts.Of("account").Usage.PromptTokens, Is.EqualTo(5));
    }

    [TestCase("""{"usage":{"input_tokens":9,"output_tokens":4,"input_tokens_details":{"cached_tokens":3}}}""", 9, 4, 3, 0, 0)]
    [TestCase("""{"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":20,"completion_tokens_details":{"reasoning_tokens":7}}}""", 9, 11, 0, 0, 7)]
    [TestCase("""{"usage":{"input_tokens":9,"cache_read_input_tokens":3,"cache_creation_input_tokens":1,"output_tokens":4}}""", 13, 4, 3, 1, 0)]
    [TestCase("""{"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4,"thoughtsTokenCount":2,"cachedContentTokenCount":3}}""", 9, 6, 3, 0, 2)]
    public void Usage_is_read_in_the_words_of_each_protocol(string reply, int prompt, int completion, int cached, int written, int reasoning)
    {
        var usage = new TokenUsage(prompt, completion, cached) { CacheWriteTokens = written, ReasoningTokens = reasoning };
        var reader = new UsageReader(events: false);
        reader.Take(Encoding.UTF8.GetBytes(reply));

        Assert.That(reader.Finish(), Is.EqualTo(usage with { Unpriced = true }));
    }

    [Test]
    public void Numbers_that_grow_along_a_stream_count_once()
    {
        var reader = new UsageReader(events: true);
        var stream = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}}\n\n"
            + "data: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":3}}\n\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":8}}\n\n";
        foreach (var piece in stream.Chunk(5))
        {
            reader.Take(Encoding.UTF8.GetBytes(piece));
        }

        Assert.That(reader.Finish(), Is.EqualTo(new TokenUsage(7, 8) { Unpriced = true }));
        Assert.That(reader.Model, Is.EqualTo("m"));
    }

    [TearDown]
    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _model.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    private static RunToken Unsigned(double? budget = null) => new()
    {
        Account = "account",
        Run = "eval/a/b",
        Task = "a task",
        Api = "openai",
        Model = new ModelChoice(Name: "priced"),
        BudgetUsd = budget,
        Expires = DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeSeconds(),
    };

    private string Token(double? budget = null) => _proxy.Sign(Unsigned(budget));

    private async Task<HttpResponseMessage> PostAsync(string token, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{await _proxy.UrlAsync(AgentApi.Openai, default)}/chat/completions")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        return await _http.SendAsync(request);
    }

    private ModelProxy NewProxy()
    {
        var llm = new LlmOptions
        {
            Profiles = { ["default"] = _profile = new LlmProfile { BaseUrl = _model.BaseUrl, KeyVariable = Variable } },
            Prices = { new ModelPrice { Model = "priced", Prompt = 10, Completion = 10 } },
        };
        return new ModelProxy(
            Options.Create(new ProxyOptions { ProxyAddress = "127.0.0.1" }),
            Options.Create(llm),
            new SandboxOptions { StateFolder = _folder["state"] },
            new DockerContainerGateway("unix:///nowhere"),
            NullLogger<ModelProxy>.Instance)
        {
            Addresses = new ContainerAddresses(
                (container, _) => Task.FromResult<IReadOnlyList<string>>(container switch { "mine" => ["172.17.0.9", "127.0.0.1"], "other" => ["172.17.0.8"], _ => [] }),
                TimeProvider.System),
        };
    }
}

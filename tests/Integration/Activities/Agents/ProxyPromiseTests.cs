using System.Net;
using Spark.Temporal.Activities.Agents.Proxy;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Agents;

/// <summary>What the proxy promises: no more than the budget, the key to nobody, a token in one place, and a true count.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ProxyPromiseTests : ProxyFixture
{
    [Test]
    public async Task Many_calls_at_once_spend_no_more_than_the_budget()
    {
        // Each may have 900 tokens, and takes all that it is allowed.
        Model.Script = request => new FakeReply
        {
            Delay = TimeSpan.FromMilliseconds(30),
            Body = $$$"""{"usage":{"prompt_tokens":10,"completion_tokens":{{{(int)request.Body["max_tokens"]!}}}}}""",
        };
        var token = Proxy.Sign(Unsigned() with { BudgetTokens = 3_000 });
        var replies = await Task.WhenAll(Enumerable.Range(0, 25).Select(_ => PostAsync(token, """{"model":"priced","max_tokens":900,"messages":[{"role":"user","content":"work"}]}""")));

        var account = Proxy.Accounts.Of("account");
        Assert.That(account.Usage.TotalTokens, Is.InRange(2_700, 3_010));
        Assert.That(replies.Select(reply => reply.StatusCode).Distinct(), Is.EquivalentTo(new[] { HttpStatusCode.OK, HttpStatusCode.Forbidden }));
        Assert.That(account.Refused, Is.EqualTo(25 - account.Calls));
    }

    [Test]
    public async Task What_a_call_under_way_does_not_use_is_there_for_the_one_that_waits()
    {
        var mayAnswer = new TaskCompletionSource();
        Model.Then(FakeReply.Text("a short one") with { Until = mayAnswer.Task });
        var token = Proxy.Sign(Unsigned() with { BudgetTokens = 1_000 });
        var first = PostAsync(token, """{"max_tokens":900}""");
        await Eventually.IsTrueAsync(() => Task.FromResult(Model.Requests.Count == 1), "the first is asked");
        var second = PostAsync(token, """{"max_tokens":800}""");
        mayAnswer.SetResult();

        Assert.That(((await first).StatusCode, (await second).StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
        Assert.That((int)Model.Requests[1].Body["max_tokens"]!, Is.EqualTo(800));
    }

    [Test]
    public async Task A_stream_that_is_cut_is_counted()
    {
        var events = $"data: {{\"choices\":[{{\"delta\":{{\"content\":\"{new string('x', 700)}\"}}}}]}}\n\n";
        Model.Then(new FakeReply { Body = events, ContentType = "text/event-stream" });
        await PostAsync(Token(), """{"stream":true,"messages":[{"content":"hello, who are you?"}]}""");

        var account = Proxy.Accounts.Of("account");
        await Eventually.IsTrueAsync(() => Task.FromResult(account.Calls == 1), "it is counted");
        Assert.That(account.Usage.Estimated);
        Assert.That(account.Usage.CompletionTokens, Is.InRange(180, 220));
        Assert.That(account.Usage.PromptTokens, Is.GreaterThan(5));
    }

    [Test]
    public async Task The_key_does_not_come_back_in_bodies_headers_or_notes()
    {
        Model.Then(FakeReply.Error(401, $"Incorrect API key provided: {Key}").WithHeader("X-Debug", $"key={Key}"));
        var reply = await PostAsync(Token(), "{}");

        Assert.That(reply.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await reply.Content.ReadAsStringAsync(), Does.Contain("Incorrect API key").And.Not.Contain(Key));
        Assert.That(reply.Headers.GetValues("X-Debug").Single(), Does.StartWith("key=").And.Not.Contain(Key));
        Assert.That(Proxy.Accounts.Of("account").Failures.Last!.Words, Does.Contain("Incorrect API key").And.Not.Contain(Key));
    }

    [Test]
    public async Task A_success_that_is_an_error_is_no_answer()
    {
        Model.Then(new FakeReply { Body = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n", ContentType = "text/event-stream" });
        await PostAsync(Token(), "{}");

        var account = Proxy.Accounts.Of("account");
        Assert.That((account.Calls, account.Failures.Total, account.Failures.Last!.Words), Is.EqualTo((0, 1, "Overloaded")));
    }

    [Test]
    public async Task A_token_is_good_from_its_own_container_alone()
    {
        var own = Proxy.Sign(Unsigned() with { Container = "mine" });
        var other = Proxy.Sign(Unsigned() with { Container = "other" });
        var gone = Proxy.Sign(Unsigned() with { Container = "gone" });

        Assert.That((await PostAsync(own, "{}")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var refused = await PostAsync(other, "{}");
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain("comes from 127.0.0.1").And.Contain("Agents:ProxyAnyAddress"));
        Assert.That((await PostAsync(gone, "{}")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(Model.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_end_of_a_run_ends_what_is_under_way_and_counts_it()
    {
        Model.Then(FakeReply.Text("late") with { Until = new TaskCompletionSource().Task });
        var asked = PostAsync(Token(), """{"messages":[{"content":"something long"}]}""");
        await Eventually.IsTrueAsync(() => Task.FromResult(Model.Requests.Count == 1), "it is asked");
        await Proxy.Accounts.Of("account").CloseAsync(TimeSpan.FromSeconds(10));

        await Assert.CatchAsync<HttpRequestException>(() => asked);
        Assert.That(Proxy.Accounts.Of("account").Usage, Has.Property("Estimated").True.And.Property("PromptTokens").GreaterThan(3));
        Assert.That((await PostAsync(Token(), "{}")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task What_was_under_way_when_the_worker_died_is_counted_by_the_next()
    {
        Model.Then(FakeReply.Text("late") with { Until = new TaskCompletionSource().Task });
        var asked = PostAsync(Token(), """{"messages":[{"content":"something long"}]}""");
        await Eventually.IsTrueAsync(() => Task.FromResult(Model.Requests.Count == 1), "it is asked");
        var next = RunAccount.Load(Path.Combine(Folder["state"], "agents", "account.jsonl"));

        Assert.That((next.Calls, next.Estimated), Is.EqualTo((1, 1)));
        Assert.That(next.Usage.PromptTokens, Is.GreaterThan(3));
        await Model.DisposeAsync();
        await asked;
    }

    [Test]
    public async Task The_profiles_own_headers_query_and_key_header_hold_and_the_agents_do_not_lead_elsewhere()
    {
        Profile.KeyHeader = "api-key";
        Profile.KeyPrefix = "";
        Profile.Headers["X-Team"] = "blue";
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{await Proxy.UrlAsync(AgentApi.Openai, default)}/chat/completions") { Content = new StringContent("{}") };
        request.Headers.Add("Authorization", $"Bearer {Token()}");
        foreach (var name in new[] { "X-Team", "X-Portkey-Custom-Host", "X-HTTP-Method-Override", "Helicone-Target-Url", "X-Forwarded-Host" })
        {
            request.Headers.Add(name, "evil");
        }

        request.Headers.Add("X-Stainless-Lang", "js");
        await Http.SendAsync(request);

        var seen = Model.Requests.Single();
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
}

using System.Net;
using System.Text;
using Spark.Temporal.Activities.Agents.Proxy;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Agents;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ModelProxyTests : ProxyFixture
{
    [Test]
    public async Task The_key_takes_the_place_of_the_token_and_what_it_cost_is_counted()
    {
        var reply = await PostAsync(Token(), """{"model":"priced","messages":[]}""");

        var request = Model.Requests.Single();
        Assert.Multiple(async () =>
        {
            Assert.That(reply.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await reply.Content.ReadAsStringAsync(), Does.Contain("Done."));
            Assert.That(request.Header("Authorization"), Is.EqualTo($"Bearer {Key}"));
            Assert.That((request.Purpose, request.Run, request.Task), Is.EqualTo((LlmPurposes.Agent, "eval/a/b", "a task")));
            Assert.That(Proxy.Accounts.Of("account").Usage, Is.EqualTo(new TokenUsage(100, 10, 20, 110 * 10 / 1e6)));
            Assert.That(Proxy.Accounts.Of("account").Calls, Is.EqualTo(1));
        });
    }

    [TestCase("x-api-key")]
    [TestCase("x-goog-api-key")]
    public async Task A_token_is_known_in_every_place_where_clients_put_keys(string header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{await Proxy.UrlAsync(AgentApi.Openai, default)}/chat/completions") { Content = new StringContent("{}") };
        request.Headers.Add(header, Token());

        Assert.That((await Http.SendAsync(request)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(Model.Requests.Single().Headers.Values, Has.None.Contain(RunToken.Prefix));
    }

    [Test]
    public async Task What_is_no_token_is_past_or_has_ended_is_refused()
    {
        var good = Token();
        var other = Path.Combine(Folder.Path, "other");
        var forged = Unsigned().Sign(new ProxyState(other).Secret);
        foreach (var token in new[] { "", Key, good + "x", forged, Unsigned() is var said ? (said with { Expires = 1 }).Sign(new ProxyState(Folder["state"]).Secret) : "" })
        {
            Assert.That((await PostAsync(token, "{}")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), token);
        }

        Proxy.Accounts.Of("account").Close();
        Assert.That((await PostAsync(good, "{}")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(Model.Requests, Is.Empty);
    }

    [Test]
    public async Task A_budget_that_is_used_up_ends_the_calls()
    {
        var token = Token(budget: 0.001);
        var first = await PostAsync(token, """{"model":"priced"}""");
        var second = await PostAsync(token, """{"model":"priced"}""");

        Assert.That((first.StatusCode, second.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.Forbidden)));
        Assert.That(await second.Content.ReadAsStringAsync(), Does.Contain("budget is used up: $0.0011 of $0.0010"));
        Assert.That(Model.Requests, Has.Count.EqualTo(1));
        Assert.That(Proxy.Accounts.Of("account").Refused, Is.EqualTo(1));
    }

    [Test]
    public async Task A_budget_raised_while_it_runs_lets_the_same_token_go_on_and_outlives_a_restart()
    {
        var token = Token(budget: 0.001);
        await PostAsync(token, """{"model":"priced"}""");
        var refused = await PostAsync(token, """{"model":"priced"}""");
        Proxy.Accounts.Of("account").Allow(new SpendingLimit(0.0015));
        await RestartAsync();
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
        var before = await Proxy.UrlAsync(AgentApi.Openai, default);
        await PostAsync(token, """{"model":"priced"}""");
        await RestartAsync();

        Assert.That(await Proxy.UrlAsync(AgentApi.Openai, default), Is.EqualTo(before));
        Assert.That((await PostAsync(token, """{"model":"priced"}""")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await PostAsync(token, """{"model":"priced"}""")).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(Proxy.Accounts.Of("account").Usage.PromptTokens, Is.EqualTo(200));
    }

    [Test]
    public async Task An_endpoint_that_does_not_answer_is_said_so()
    {
        await Model.DisposeAsync();

        Assert.That((await PostAsync(Token(), "{}")).StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
        var account = Proxy.Accounts.Of("account");
        Assert.That((account.Calls, account.Failures.Total, account.Failures.Last!.Status), Is.EqualTo((0, 1, 0)));
    }

    [Test]
    public async Task A_stream_is_asked_for_its_usage_and_passed_on()
    {
        const string events = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";
        Model.Then(new FakeReply { Body = events }.WithHeader("Content-Type", "text/event-stream"));
        var reply = await PostAsync(Token(), """{"model":"priced","stream":true}""");

        Assert.That(await reply.Content.ReadAsStringAsync(), Is.EqualTo(events));
        Assert.That((bool?)Model.Requests.Single().Body["stream_options"]!["include_usage"], Is.True);
        Assert.That(Proxy.Accounts.Of("account").Usage.PromptTokens, Is.EqualTo(5));
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
}

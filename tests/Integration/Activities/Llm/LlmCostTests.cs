using System.Diagnostics;
using System.Text.Json.Nodes;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Llm.Usage;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>What a call costs, and who says so.</summary>
public sealed class LlmCostTests : LlmTestBase
{
    private static readonly (string, string)[] Priced =
        [("Prices:0:Model", "gpt-5*"), ("Prices:0:Prompt", "10"), ("Prices:0:Cached", "1"), ("Prices:0:CacheWrite", "20"), ("Prices:0:Completion", "100")];

    [Test]
    public async Task The_provider_s_own_cost_stands_above_every_price()
    {
        Server.Then(Reply(new JsonObject { ["prompt_tokens"] = 100, ["completion_tokens"] = 10, ["cost"] = 0.5 }));

        var reply = await CallAsync(Activities(Priced), await RequestAsync("gpt-5"));

        Assert.That((reply.Usage.CostUsd, reply.Usage.Unpriced), Is.EqualTo((0.5, false)));
    }

    [Test]
    public async Task The_header_of_a_proxy_states_a_cost_too()
    {
        Server.Then(Reply(new JsonObject { ["prompt_tokens"] = 100, ["completion_tokens"] = 10 }).WithHeader("x-litellm-response-cost", "0.25"));

        var reply = await CallAsync(Activities(), await RequestAsync("house-model"));

        Assert.That((reply.Usage.CostUsd, reply.Usage.Unpriced), Is.EqualTo((0.25, false)));
    }

    [Test]
    public async Task A_price_of_the_settings_stands_above_the_table()
    {
        Server.Then(Reply(new JsonObject
        {
            ["prompt_tokens"] = 100,
            ["completion_tokens"] = 10,
            ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = 20, ["cache_write_tokens"] = 30 },
        }));

        var reply = await CallAsync(Activities(Priced), await RequestAsync("gpt-5"));

        // 50 at 10, 20 read at 1, 30 written at 20, 10 out at 100 dollars a million.
        Assert.That(reply.Usage.CostUsd, Is.EqualTo(0.00212).Within(1e-12));
    }

    [Test]
    public async Task A_tier_of_the_settings_holds_for_the_whole_request()
    {
        Server.Script = _ => Reply(new JsonObject { ["prompt_tokens"] = 200, ["completion_tokens"] = 10 });
        var activities = Activities([.. Priced, ("Prices:0:Tiers:0:AboveTokens", "199"), ("Prices:0:Tiers:0:Prompt", "30"), ("Prices:0:Tiers:0:Completion", "300")]);

        var reply = await CallAsync(activities, await RequestAsync("gpt-5"));

        Assert.That(reply.Usage.CostUsd, Is.EqualTo(0.009).Within(1e-12));
    }

    [Test]
    public async Task A_known_model_costs_what_the_table_says_and_an_unknown_one_nobody_knows()
    {
        Server.Script = _ => Reply(new JsonObject { ["prompt_tokens"] = 1000, ["completion_tokens"] = 100 });
        var activities = Activities();

        var known = await CallAsync(activities, await RequestAsync("openai/gpt-5-mini-2025-08-07"));
        var unknown = await CallAsync(activities, await RequestAsync("gpt-5-mini-of-our-own") with { Call = 2 });

        Assert.That(known.Usage, Is.EqualTo(new TokenUsage(1000, 100, 0, known.Usage.CostUsd)));
        Assert.That(known.Usage.CostUsd, Is.EqualTo(0.00045).Within(1e-12));
        Assert.That((unknown.Usage.KnownUsd, unknown.Usage.Unpriced), Is.EqualTo(((double?)null, true)));
    }

    [Test]
    public async Task Usage_that_is_not_stated_is_estimated_and_marked()
    {
        Server.Then(Reply(null, "The quick brown fox jumps over the lazy dog."));

        var reply = await CallAsync(Activities(), await RequestAsync("gpt-5"));

        Assert.That(reply.Usage.Estimated, Is.True);
        Assert.That(reply.Usage.CompletionTokens, Is.EqualTo(10));
        Assert.That(reply.Usage.PromptTokens, Is.InRange(50, 400), "the instruction and the tool");
        Assert.That((reply.Usage.Unpriced, reply.Usage.CostUsd > 0), Is.EqualTo((false, true)));
    }

    [Test]
    public async Task Replies_of_no_use_are_counted_with_the_one_that_is()
    {
        Server.Then(Reply(new JsonObject { ["prompt_tokens"] = 100, ["completion_tokens"] = 7 }, broken: true));
        Server.Then(new FakeReply { Body = """{"choices":[{"message":{"content":"Half a rep""" });
        Server.Then(Reply(new JsonObject { ["prompt_tokens"] = 100, ["completion_tokens"] = 10 }));
        var request = await RequestAsync("gpt-5");
        await FailureAsync(Activities(), request);
        await FailureAsync(Activities(), request);

        var reply = await CallAsync(Activities(), request);

        Assert.That(Server.Requests, Has.Count.EqualTo(3));
        Assert.That(reply.Usage.PromptTokens, Is.GreaterThan(250), "the cut one's prompt is estimated");
        Assert.That(reply.Usage.CompletionTokens, Is.InRange(19, 40));
        Assert.That((reply.Usage.Estimated, reply.Usage.Unpriced), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task A_call_that_fails_for_its_replies_says_what_they_cost()
    {
        Server.Script = _ => Reply(new JsonObject { ["prompt_tokens"] = 100, ["completion_tokens"] = 7 }, broken: true);
        var request = await RequestAsync("gpt-5");
        await FailureAsync(Activities(), request);
        await FailureAsync(Activities(), request);

        var failure = await FailureAsync(Activities(), request);

        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ModelUnreadable));
        Assert.That(failure.Details.ElementAt<TokenUsage>(0), Has.Property("PromptTokens").EqualTo(300).And.Property("CompletionTokens").EqualTo(21));
    }

    [Test]
    public async Task What_no_model_wrote_costs_nothing()
    {
        Server.Then(new FakeReply { Body = """{"status":"ok"}""" });
        Server.Then(Reply(new JsonObject { ["prompt_tokens"] = 100, ["completion_tokens"] = 10 }));
        var request = await RequestAsync("gpt-5");
        await FailureAsync(Activities(), request);

        Assert.That((await CallAsync(Activities(), request)).Usage.TotalTokens, Is.EqualTo(110));
    }

    [Test]
    public async Task The_part_of_a_cut_reply_is_remembered_with_its_request()
    {
        var options = new LlmOptions { Profiles = { ["default"] = new LlmProfile { BaseUrl = "http://localhost/v1" } } };
        var usage = new CallUsage(ModelEndpoint.Resolve(new ModelChoice("default", "gpt-5"), options), options, TimeProvider.System);
        var body = BinaryData.FromString("""{"messages":[{"role":"user","content":"Say it."}]}""");
        var cut = usage.OfCut(body, "The quick brown fox");
        var shelf = new ReplyShelf(Store, "llm/a/b/1");
        await shelf.MarkSentAsync(default);
        await shelf.MarkEndAsync(RequestEnd.Broken, default, cut);

        var again = new ReplyShelf(Store, "llm/a/b/1");
        await again.ReadMarksAsync(default);

        Assert.That((cut.CompletionTokens, cut.Estimated, cut.CostUsd > 0), Is.EqualTo((4L, true, true)));
        Assert.That((again.CutOff, again.Lost), Is.EqualTo((1, cut)));
        Assert.That(usage.OfCut(body, ""), Is.EqualTo(TokenUsage.None), "nothing had come");
    }

    [Test]
    public async Task A_budget_in_dollars_is_refused_on_a_model_whose_cost_nobody_knows()
    {
        Server.Script = _ => Reply(new JsonObject { ["prompt_tokens"] = 100, ["completion_tokens"] = 10 });
        var request = await RequestAsync("house-model") with { MustBePriced = true };

        var failure = await FailureAsync(Activities(), request);

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((FailureTypes.ModelRefused, true)));
        Assert.That(failure.Message, Does.Contain("house-model").And.Contain("Llm:Prices").And.Contain("budget in tokens"));
        Assert.That(Server.Requests.Select(asked => asked.Purpose), Is.EqualTo(new[] { LlmPurposes.Probe }), "only whether replies state their cost was asked");
        Assert.That((await CallAsync(Activities(("Prices:0:Model", "house-*")), request)).Usage.KnownUsd, Is.Zero, "a price of 0 is a price");
    }

    [Test]
    public async Task A_budget_in_dollars_holds_where_replies_state_their_cost()
    {
        Server.Script = _ => Reply(new JsonObject { ["prompt_tokens"] = 100, ["completion_tokens"] = 10, ["cost"] = 0.5 });

        var reply = await CallAsync(Activities(), await RequestAsync("house-model") with { MustBePriced = true });

        Assert.That(reply.Usage.KnownUsd, Is.EqualTo(0.5));
    }

    [Test]
    public void Long_words_and_odd_texts_are_counted_in_no_time()
    {
        var clock = Stopwatch.StartNew();
        foreach (var text in new[] { new string('a', 500_000), new string('é', 500_000), Convert.ToBase64String(new byte[300_000]), string.Concat(Enumerable.Repeat("some words of text\n", 20_000)) })
        {
            Assert.That(TokenCounter.Of(text), Is.GreaterThan(10_000));
        }

        Assert.That(TokenCounter.Of(""), Is.Zero);
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    private async Task<LlmRequest> RequestAsync(string model)
    {
        var request = await RequestAsync();
        return request with { Model = request.Model with { Name = model } };
    }

    private static FakeReply Reply(JsonObject? usage, string text = "Done.", bool broken = false) => FakeReply.Json(new JsonObject
    {
        ["choices"] = broken
            ? new JsonArray(new JsonObject { ["content"] = text })
            : new JsonArray(new JsonObject { ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text }, ["finish_reason"] = "stop" }),
        ["usage"] = usage,
    });
}

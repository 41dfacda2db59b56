using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>Requests that are made to fit: the limit of the reply gives way first, then the oldest observations.</summary>
public sealed class LlmFittingTests : LlmTestBase
{
    [Test]
    public async Task The_limit_of_the_reply_gives_way_before_anything_is_left_out()
    {
        var messages = Turns(2, 10_000);
        var tokens = TokenEstimate.Of([System, .. messages]);

        var reply = await CallAsync(Activities(("Profiles:default:ContextTokens", $"{tokens + 3000}")), await RequestAsync(messages));

        Assert.That(reply.DroppedObservations, Is.Zero);
        Assert.That((int)Server.Requests.Single().Body["max_tokens"]!, Is.InRange(2000, 3000));
    }

    [Test]
    public async Task Beyond_a_useful_reply_observations_go()
    {
        var messages = Turns(6, 10_000);
        var context = TokenEstimate.Of([System, .. messages]) - 3000;

        var reply = await CallAsync(Activities(("Profiles:default:ContextTokens", $"{context}")), await RequestAsync(messages));

        Assert.That(reply.DroppedObservations, Is.Positive);
        Assert.That((int)Server.Requests.Single().Body["max_tokens"]!, Is.GreaterThan(1000));
    }

    [Test]
    public async Task The_endpoints_numbers_lower_the_limit_without_cutting_and_its_context_is_kept()
    {
        Server.Script = request => (int)request.Body["max_tokens"]! > 1096
            ? FakeReply.Error(400, $"'max_tokens' or 'max_completion_tokens' is too large: {request.Body["max_tokens"]}. This model's maximum context length is 4096 tokens and your request has 3000 input tokens")
            : FakeReply.Text("ok");
        var request = await RequestAsync(Turns(1, 1_000));

        var reply = await CallAsync(Activities(), request);
        await CallAsync(Activities(), request with { Call = 2 });

        Assert.That(reply.DroppedObservations, Is.Zero);
        Assert.That((int)Server.Requests[1].Body["max_tokens"]!, Is.InRange(1000, 1096));
        Assert.That((int)Server.Requests[2].Body["max_tokens"]!, Is.LessThan(4096), "the context is known");
        Assert.That(Server.Requests.Any(sent => sent.Body.ContainsKey("max_completion_tokens")), Is.False, "its name is no lesson");
    }

    [Test]
    public async Task A_window_that_the_endpoint_names_is_kept_where_no_setting_says_it()
    {
        Server.Script = request => request.Body.ToJsonString().Length > 44_000
            ? FakeReply.Error(400, "the request exceeds the available context size: maximum context length is 12000 tokens") : FakeReply.Text("ok");
        var request = await RequestAsync(Turns(5, 20_000));

        await CallAsync(Activities(), request);
        var sent = Server.Requests.Count;
        await CallAsync(Activities(), request with { Call = 2 });
        var shown = await NewEnvironment().RunAsync(() => Activities().DescribeAsync(new ModelDescriptionRequest(new ModelChoice())));
        var set = await NewEnvironment().RunAsync(() => Activities(("Profiles:default:ContextTokens", "16000")).DescribeAsync(new ModelDescriptionRequest(new ModelChoice())));

        Assert.That((sent, Server.Requests.Count), Is.EqualTo((2, 3)), "the second call fits at once");
        Assert.That((shown.ContextTokens, set.ContextTokens), Is.EqualTo((12_000, 16_000)), "a setting stands above a habit");
    }

    [Test]
    public async Task What_the_credit_still_pays_for_is_asked_for_once_and_not_kept()
    {
        Server.Then(FakeReply.Error(402, "You requested up to 8192 tokens, but can only afford 1900."));
        var request = await RequestAsync();

        await CallAsync(Activities(), request);
        await CallAsync(Activities(), request with { Call = 2 });

        Assert.That(Server.Requests.Select(sent => (int)sent.Body["max_tokens"]!), Is.EqualTo(new[] { 8192, 1900, 8192 }));
    }

    [Test]
    public async Task A_first_request_that_cannot_fit_is_no_request_and_names_the_setting()
    {
        var failure = await FailureAsync(Activities(("Profiles:default:ContextTokens", "4000")), await RequestAsync(User(new string('x', 40_000))));

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((FailureTypes.ModelRefused, true)), "it waits for a person, and is no end of the agent's work");
        Assert.That(failure.Message, Does.Contain("Llm:Profiles:default:ContextTokens").And.Contain("context of 4000"));
        Assert.That(Server.Requests, Is.Empty);
    }

    [Test]
    public async Task A_first_request_that_the_endpoint_finds_too_long_is_the_same()
    {
        Server.Script = _ => FakeReply.Error(400, "maximum context length is 2048 tokens", "context_length_exceeded");

        var failure = await FailureAsync(Activities(), await RequestAsync(User(new string('x', 8_000))));

        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ModelRefused));
        Assert.That(failure.Message, Does.Contain("ContextTokens").And.Contain("2048"));
    }

    [Test]
    public async Task A_conversation_that_stays_too_long_ends_the_agents_work()
    {
        Server.Script = _ => FakeReply.Error(400, "prompt is too long");

        var failure = await FailureAsync(Activities(), await RequestAsync(Turns(4, 20_000)));

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((FailureTypes.ContextOverflow, true)));
        Assert.That(failure.Message, Does.Contain("ContextTokens"));
        Assert.That(Server.Requests, Has.Count.InRange(2, 5));
    }

    [Test]
    public async Task A_proxys_page_that_limits_bodies_is_a_matter_of_length()
    {
        Server.Script = request => request.Body.ToJsonString().Length > 60_000 ? FakeReply.Page(413, "413 Request Entity Too Large") : FakeReply.Text("ok");

        var reply = await CallAsync(Activities(), await RequestAsync(Turns(5, 20_000)));

        Assert.That((reply.Text, reply.DroppedObservations > 0), Is.EqualTo(("ok", true)));
    }

    [TestCase(20_000, true)]
    [TestCase(1_000, false)]
    public async Task A_server_that_cuts_silently_is_noted(int characters, bool noted)
    {
        // The server reports 100 tokens whatever it is sent.
        var reply = await CallAsync(Activities(), await RequestAsync(Turns(1, characters)));

        Assert.That(reply.Note, noted ? Does.Contain("only a part").And.Contain("OLLAMA_CONTEXT_LENGTH") : Is.Null);
    }

    [Test]
    public async Task A_first_request_that_a_server_cut_silently_is_no_answer()
    {
        var usage = new JsonObject { ["prompt_tokens"] = 4090, ["completion_tokens"] = 6, ["total_tokens"] = 4096 };
        Server.Script = _ => FakeReply.Text("What shall I do?") is var reply && JsonNode.Parse(reply.Body)!.AsObject() is var body
            ? FakeReply.Json(new JsonObject([.. body.Where(part => part.Key != "usage").Select(part => KeyValuePair.Create(part.Key, part.Value?.DeepClone())), KeyValuePair.Create("usage", (JsonNode?)usage.DeepClone())]))
            : reply;

        var first = await RequestAsync(User(new string('x', 60_000)));
        var failure = await FailureAsync(Activities(), first);
        var later = await CallAsync(Activities(), await RequestAsync(Turns(1, 60_000)) with { Call = 2 });

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((FailureTypes.ModelRefused, true)));
        Assert.That(failure.Message, Does.Contain("num_ctx").And.Contain("4090"));
        Assert.That(later.Note, Does.Contain("only a part"), "later the work that is there counts");

        Server.Script = _ => FakeReply.Text("ok");
        var mended = await CallAsync(Activities(), first);
        Assert.That(mended.Usage.PromptTokens, Is.EqualTo(4090 + 100), "the reply of no use was paid for");
    }

    private static ChatMessage[] Turns(int turns, int characters) =>
    [
        User("Go."),
        .. Enumerable.Range(1, turns).SelectMany(turn => (ChatMessage[])
        [
            new() { Role = ChatRoles.Assistant, ToolCalls = [new ToolCall($"{turn}", "shell", """{"command":"ls"}""", "ls")] },
            new() { Role = ChatRoles.Tool, ToolCallId = $"{turn}", Content = new string('x', characters) },
        ]),
    ];
}

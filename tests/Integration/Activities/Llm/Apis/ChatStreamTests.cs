using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm.Apis;

public sealed class ChatStreamTests : LlmTestBase
{
    private static readonly JsonObject Usage = new()
    {
        ["object"] = "chat.completion.chunk",
        ["choices"] = new JsonArray(),
        ["usage"] = new JsonObject { ["prompt_tokens"] = 100, ["completion_tokens"] = 10, ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = 20 } },
    };

    [Test]
    public async Task A_stream_is_asked_for_with_its_usage_and_read_as_one_reply()
    {
        Server.Then(FakeReply.Chunks(
            FakeReply.Delta(new() { ["role"] = "assistant", ["content"] = "" }),
            FakeReply.Delta(new() { ["reasoning_content"] = "Think " }),
            FakeReply.Delta(new() { ["reasoning_content"] = "first." }),
            FakeReply.Delta(new() { ["content"] = "All " }),
            FakeReply.Delta(new() { ["content"] = "done." }),
            FakeReply.Delta([], "stop"),
            Usage));

        var reply = await CallAsync(Activities(), await RequestAsync());

        var sent = Server.Requests.Single().Body;
        var said = await SaidAsync(reply);
        Assert.Multiple(() =>
        {
            Assert.That((bool)sent["stream"]!, Is.True);
            Assert.That((bool)sent["stream_options"]!["include_usage"]!, Is.True);
            Assert.That((reply.Text, reply.FinishReason), Is.EqualTo(("All done.", FinishReasons.Stop)));
            Assert.That(said.Reasoning, Is.EqualTo("Think first."));
            Assert.That(said.Model, Is.EqualTo("scripted-2026"));
            Assert.That((reply.Usage.PromptTokens, reply.Usage.CompletionTokens, reply.Usage.CachedTokens), Is.EqualTo((100, 10, 20)));
        });
    }

    [Test]
    public async Task Tool_calls_in_pieces_are_joined_by_their_index()
    {
        Server.Then(FakeReply.Chunks(
            FakeReply.Delta(Call(0, "a", "shell", "{\"comm")),
            FakeReply.Delta(Call(1, "b", "shell", "")),
            FakeReply.Delta(Call(0, null, null, "and\":\"ls\"}")),
            FakeReply.Delta(Call(1, null, null, "{\"command\":\"pwd\"}")),
            FakeReply.Delta([], "tool_calls")));

        var said = await SaidAsync(await CallAsync(Activities(), await RequestAsync()));

        Assert.That(said.ToolCalls.Select(call => (call.Id, call.Command)), Is.EqualTo(new[] { ("a", "ls"), ("b", "pwd") }));
    }

    [Test]
    public async Task Calls_that_all_have_the_same_index_or_none_are_told_apart_by_their_ids()
    {
        var nameless = Call(0, "c", "shell", "{\"command\":\"date\"}");
        ((JsonObject)nameless["tool_calls"]![0]!).Remove("index");
        Server.Then(FakeReply.Chunks(
            FakeReply.Delta(Call(0, "a", "shell", "{\"command\":\"ls\"}")),
            FakeReply.Delta(Call(0, "b", "shell", "{\"command\":\"pwd\"}")),
            FakeReply.Delta(nameless, "tool_calls")));

        var said = await SaidAsync(await CallAsync(Activities(), await RequestAsync()));

        Assert.That(said.ToolCalls.Select(call => call.Command), Is.EqualTo(new[] { "ls", "pwd", "date" }));
    }

    [Test]
    public async Task Halves_of_a_character_join_and_one_alone_becomes_a_mark()
    {
        Server.Then(FakeReply.Events(
            """data: {"choices":[{"delta":{"content":"a\ud83d"}}]}""",
            """data: {"choices":[{"delta":{"content":"\ude00b\udc00"},"finish_reason":"stop"}]}""",
            "data: [DONE]"));

        Assert.That((await CallAsync(Activities(), await RequestAsync())).Text, Is.EqualTo("a\U0001F600b\uFFFD"));
    }

    [Test]
    public async Task A_whole_reply_with_half_a_character_is_read_too()
    {
        Server.Then(new FakeReply { Body = """{"choices":[{"message":{"content":"x\ud800y \\ud800"},"finish_reason":"stop"}]}""" });

        Assert.That((await CallAsync(Activities(), await RequestAsync())).Text, Is.EqualTo("x\uFFFDy \\ud800"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_stream_that_ends_without_its_closing_event_is_cut_and_sent_again_with_the_same_key(bool aborted)
    {
        Server.Then(
            FakeReply.Events($"data: {FakeReply.Delta(new() { ["content"] = "Half an ans" }).ToJsonString()}") with { Half = aborted },
            FakeReply.Text("Whole."));
        var activities = Activities();
        var request = await RequestAsync();
        var failure = await FailureAsync(activities, request);

        var reply = await CallAsync(activities, request);

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((FailureTypes.ModelUnavailable, false)));
        Assert.That((reply.Text, reply.ResentInFlight), Is.EqualTo(("Whole.", 1)));
        Assert.That(Server.CountByIdempotencyKey.Values, Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public async Task A_finish_reason_and_the_end_are_a_good_end_without_the_closing_word()
    {
        Server.Then(FakeReply.Events($"data: {FakeReply.Delta(new() { ["content"] = "Done." }, "stop").ToJsonString()}"));

        Assert.That((await CallAsync(Activities(), await RequestAsync())).Text, Is.EqualTo("Done."));
    }

    [TestCase("""{"error":{"message":"Rate limited","code":429}}""", FailureTypes.ModelUnavailable)]
    [TestCase("""{"error":{"message":"The server had an error","type":"server_error","code":null}}""", FailureTypes.ModelUnavailable)]
    [TestCase("""{"error":"engine died"}""", FailureTypes.ModelUnavailable)]
    [TestCase("""{"object":"error","message":"The model `x` does not exist.","code":404}""", FailureTypes.ModelRefused)]
    [TestCase("""{"error":{"message":"You exceeded your quota","type":"insufficient_quota","code":"insufficient_quota"}}""", FailureTypes.ModelRefused)]
    [TestCase("""{"choices":[{"delta":{},"finish_reason":"error","error":{"message":"Upstream fell over","code":502}}]}""", FailureTypes.ModelUnavailable)]
    public async Task An_error_in_a_stream_is_that_error(string data, string type)
    {
        Server.Script = _ => FakeReply.Events($"data: {FakeReply.Delta(new() { ["content"] = "Well, " }).ToJsonString()}", $"data: {data}");

        Assert.That((await FailureAsync(Activities(), await RequestAsync())).ErrorType, Is.EqualTo(type));
    }

    [Test]
    public async Task A_stream_that_falls_silent_is_given_up_after_its_deadline()
    {
        Server.Then(FakeReply.Events($"data: {FakeReply.Delta(new() { ["content"] = "Well, " }).ToJsonString()}") with { Hangs = true });

        var failure = await FailureAsync(Activities(("Profiles:default:SilenceSec", "0.3")), await RequestAsync());

        Assert.That(failure.Message, Does.Contain("silent for 0.3 s"));
        await Eventually.IsTrueAsync(() => Task.FromResult(Server.Aborted == 1), "the connection is closed");
    }

    [Test]
    public async Task A_stream_that_is_left_open_after_its_end_is_not_waited_for()
    {
        Server.Then(FakeReply.Events($"data: {FakeReply.Delta(new() { ["content"] = "Done." }, "stop").ToJsonString()}") with { Hangs = true });

        var reply = await CallAsync(Activities(("Profiles:default:SilenceSec", "0.5")), await RequestAsync());

        Assert.That((reply.Text, reply.FinishReason), Is.EqualTo(("Done.", FinishReasons.Stop)));
    }

    [Test]
    public async Task Usage_inside_of_the_choice_is_read()
    {
        var last = FakeReply.Delta(new() { ["content"] = "Done." }, "stop");
        last["choices"]![0]!["usage"] = new JsonObject { ["prompt_tokens"] = 7, ["completion_tokens"] = 2 };
        Server.Then(FakeReply.Chunks(last));

        var usage = (await CallAsync(Activities(), await RequestAsync())).Usage;

        Assert.That((usage.PromptTokens, usage.CompletionTokens), Is.EqualTo((7, 2)));
    }

    [Test]
    public async Task No_first_byte_has_a_deadline_of_its_own()
    {
        using var never = new CancellationTokenSource();
        Server.Then(FakeReply.Text("late") with { Until = Task.Delay(Timeout.Infinite, never.Token) });

        var failure = await FailureAsync(Activities(("Profiles:default:FirstByteSec", "0.3")), await RequestAsync());
        await never.CancelAsync();

        Assert.That(failure.Message, Does.Contain("No byte").And.Contain("0.3 s"));
    }

    [Test]
    public async Task A_stream_that_flows_may_take_longer_than_one_body()
    {
        var words = Enumerable.Range(0, 8).Select(number => FakeReply.Delta(new() { ["content"] = $"{number} " }, number == 7 ? "stop" : null));
        Server.Then(FakeReply.Chunks(words) with { Between = TimeSpan.FromSeconds(0.45) });

        var reply = await CallAsync(Activities(("Profiles:default:RequestTimeoutSec", "3")), await RequestAsync());

        Assert.That(reply.Text, Is.EqualTo("0 1 2 3 4 5 6 7"));
        Assert.That(reply.DurationMs, Is.GreaterThan(3_000));
    }

    [Test]
    public async Task A_stream_is_one_whatever_its_type_says_and_comments_are_no_data()
    {
        Server.Then(FakeReply.Events(": PROCESSING", $"data: {FakeReply.Delta(new() { ["content"] = "Hi." }, "stop").ToJsonString()}", "data: [DONE]") with { ContentType = "text/plain" });

        Assert.That((await CallAsync(Activities(), await RequestAsync())).Text, Is.EqualTo("Hi."));
    }

    [Test]
    public async Task One_body_is_one_though_it_is_called_a_stream()
    {
        Server.Then(FakeReply.Text("Hi.") with { ContentType = "text/event-stream" });

        Assert.That((await CallAsync(Activities(), await RequestAsync())).Text, Is.EqualTo("Hi."));
    }

    [TestCase("stream_options", """{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"]}]}}""", 422)]
    [TestCase("stream", """{"error":{"message":"Streaming is not supported for this model."}}""", 400)]
    public async Task What_an_endpoint_refuses_about_streams_is_learned_once(string field, string words, int status)
    {
        Server.Script = request => request.Body.ContainsKey(field) ? FakeReply.Json(JsonNode.Parse(words)!, status) : FakeReply.Text("ok");
        var activities = Activities();
        var request = await RequestAsync();

        await CallAsync(activities, request);
        await CallAsync(activities, request with { Call = 2 });

        Assert.That(Server.Requests.Select(one => one.Body.ContainsKey(field)), Is.EqualTo(new[] { true, false, false }));
    }

    [Test]
    public async Task An_endpoint_that_only_streams_gets_streams_though_they_are_off()
    {
        Server.Script = request => request.Body.ContainsKey("stream")
            ? FakeReply.Chunks(FakeReply.Delta(new() { ["content"] = "ok" }, "stop"))
            : FakeReply.Error(400, "parameter.enable_thinking must be set to false for non-streaming calls");

        var reply = await CallAsync(Activities(("Profiles:default:Stream", "off")), await RequestAsync());

        Assert.That(reply.Text, Is.EqualTo("ok"));
        Assert.That(Server.Requests.Select(one => one.Body.ContainsKey("stream")), Is.EqualTo(new[] { false, true }));
    }

    private static JsonObject Call(int index, string? id, string? name, string arguments)
    {
        var function = new JsonObject { ["arguments"] = arguments };
        var call = new JsonObject { ["index"] = index, ["function"] = function };
        if (id is not null)
        {
            (call["id"], call["type"], function["name"]) = (id, "function", name);
        }

        return new JsonObject { ["tool_calls"] = new JsonArray(call) };
    }
}

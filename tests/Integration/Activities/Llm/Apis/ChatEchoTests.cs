using System.Text.Json.Nodes;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm.Apis;

/// <summary>What goes back with the next chat completion, to whom, and what refusals teach about it.</summary>
public sealed class ChatEchoTests : LlmTestBase
{
    private const string Signed = """{"google":{"thought_signature":"Cs4B+/=="}}""";

    [TestCase(true)]
    [TestCase(false)]
    public async Task Reasoning_and_signatures_go_back_as_they_came(bool streamed)
    {
        var details = JsonNode.Parse("""[{"type":"reasoning.text","text":"Hm\u00e4.","signature":"sig+/=","index":0,"format":"x-v1"}]""")!.AsArray();
        Server.Then(streamed
            ? FakeReply.Chunks(
                FakeReply.Delta(new() { ["reasoning_content"] = "Think ", ["reasoning"] = "Think " }),
                FakeReply.Delta(new() { ["reasoning_content"] = "first.", ["reasoning"] = "first." }),
                FakeReply.Delta(JsonNode.Parse("""{"reasoning_details":[{"type":"reasoning.text","text":"Hm","index":0,"format":"x-v1"}]}""")!.AsObject()),
                FakeReply.Delta(JsonNode.Parse("""{"reasoning_details":[{"type":"reasoning.text","text":"\u00e4.","signature":"sig+/=","index":0}]}""")!.AsObject()),
                FakeReply.Delta(new() { ["tool_calls"] = new JsonArray(Call("ls", "a", index: 0)) }),
                FakeReply.Delta(new() { ["tool_calls"] = new JsonArray(Call("pwd", "b", index: 1, extra: null)) }, "tool_calls"))
            : FakeReply.Message(
                new() { ["content"] = null, ["reasoning_content"] = "Think first.", ["reasoning"] = "Think first.", ["reasoning_details"] = details, ["annotations"] = new JsonArray(), ["tool_calls"] = new JsonArray(Call("ls", "a"), Call("pwd", "b", extra: null)) },
                "tool_calls"));

        var (activities, request, reply) = await FirstAsync();
        await SecondAsync(activities, request, reply);

        var sent = Server.Requests[1].Messages.ElementAt(2);
        Assert.Multiple(() =>
        {
            Assert.That((string?)sent["reasoning_content"], Is.EqualTo("Think first."));
            Assert.That((string?)sent["reasoning"], Is.EqualTo("Think first."));
            Assert.That(JsonNode.DeepEquals(sent["reasoning_details"], details), Is.True, sent.ToJsonString());
            Assert.That(JsonNode.DeepEquals(sent["tool_calls"]![0]!["extra_content"], JsonNode.Parse(Signed)), Is.True);
            Assert.That(((JsonObject)sent["tool_calls"]![1]!).ContainsKey("extra_content"), Is.False, "only the first of parallel calls is signed");
            Assert.That(((JsonObject)sent).ContainsKey("annotations"), Is.False, "only what providers are known to want");
        });
    }

    [Test]
    public async Task Another_model_and_another_endpoint_get_none_of_it()
    {
        Server.Script = _ => FakeReply.Message(new() { ["reasoning_content"] = "Think.", ["tool_calls"] = new JsonArray(Call("ls", "functions.shell:0")) }, "tool_calls");
        await using var other = await FakeModelServer.StartAsync();
        var activities = Activities(("AllowedApiBases:0", other.BaseUrl));
        var request = await RequestAsync();
        var reply = await CallAsync(activities, request);

        await SecondAsync(activities, request with { Model = new ModelChoice(Name: "another") }, reply);
        await SecondAsync(activities, request with { Model = new ModelChoice(ApiBase: other.BaseUrl), Call = 3 }, reply);
        await SecondAsync(activities, request with { Call = 4 }, reply);

        foreach (var foreign in new[] { Server.Requests[1], other.Requests.Single() })
        {
            var sent = foreign.Messages.ElementAt(2);
            Assert.That(((JsonObject)sent).ContainsKey("reasoning_content"), Is.False);
            Assert.That(((JsonObject)sent["tool_calls"]![0]!).ContainsKey("extra_content"), Is.False);
            Assert.That((string?)sent["tool_calls"]![0]!["id"], Does.Match("^[a-z0-9]{9}$").And.EqualTo((string?)foreign.Messages.ElementAt(3)["tool_call_id"]));
        }

        Assert.That((string?)Server.Requests[2].Messages.ElementAt(2)["tool_calls"]![0]!["id"], Is.EqualTo("functions.shell:0"), "its own ids go back as they came");
    }

    [Test]
    public async Task A_list_with_thinking_goes_back_as_a_list_streamed_or_not()
    {
        const string Content = """[{"type":"thinking","thinking":[{"type":"text","text":"Hm, hm."}]},{"type":"text","text":"I look."}]""";
        Server.Then(
            FakeReply.Chunks(
                FakeReply.Delta(new() { ["role"] = "assistant", ["content"] = "" }),
                FakeReply.Delta(new() { ["content"] = JsonNode.Parse("""[{"type":"thinking","thinking":[{"type":"text","text":"Hm, "}]}]""") }),
                FakeReply.Delta(new() { ["content"] = JsonNode.Parse("""[{"type":"thinking","thinking":[{"type":"text","text":"hm."}]}]""") }),
                FakeReply.Delta(new() { ["content"] = "I " }),
                FakeReply.Delta(new() { ["content"] = "look.", ["tool_calls"] = new JsonArray(Call("ls", "abcdefghi")) }, "tool_calls")),
            FakeReply.Text("Done."),
            FakeReply.Message(new() { ["content"] = JsonNode.Parse(Content), ["tool_calls"] = new JsonArray(Call("ls", "abcdefghi")) }, "tool_calls"));
        foreach (var call in new[] { 1, 3 })
        {
            var (activities, request, reply) = await FirstAsync(call);
            var said = await SaidAsync(reply);
            await SecondAsync(activities, request with { Call = call + 1 }, reply);

            Assert.That((said.Content, said.Reasoning), Is.EqualTo(("I look.", "Hm, hm.")));
            Assert.That(Server.Requests[^1].Messages.ElementAt(2)["content"]!.ToJsonString(), Is.EqualTo(Content));
        }
    }

    [TestCase("The reasoning_content in the thinking mode must be passed back to the API.", "")]
    [TestCase("thinking is enabled but reasoning_content is missing in assistant tool call message at index 2", " ")]
    public async Task Reasoning_that_is_missed_is_filled_in(string words, string fill)
    {
        Server.Script = request => request.Messages.All(message => (string?)message["role"] != "assistant" || (string?)message["reasoning_content"] == fill)
            ? FakeReply.Text("ok") : FakeReply.Error(400, words);
        var activities = Activities();

        await CallAsync(activities, await RequestAsync(User("Go."), Foreign("call_abc"), Result("call_abc")));

        Assert.That(Server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_blank_stands_where_an_empty_text_is_refused()
    {
        Server.Script = request => (string?)request.Messages.ElementAt(2)["reasoning_content"] == " " ? FakeReply.Text("ok") : FakeReply.Error(400, "reasoning_content is missing: it must be passed back");

        await CallAsync(Activities(), await RequestAsync(User("Go."), Foreign("call_abc"), Result("call_abc")));

        Assert.That(Server.Requests.Select(one => (string?)one.Messages.ElementAt(2)["reasoning_content"]), Is.EqualTo(new[] { null, "", " " }));
    }

    [TestCase(422, """{"detail":[{"type":"extra_forbidden","loc":["body","messages",2,"assistant","reasoning_content"],"msg":"Extra inputs are not permitted"}]}""")]
    [TestCase(400, """{"error":{"message":"The reasoning_content is an intermediate result for display purposes only and must not be included in the input messages."}}""")]
    [TestCase(400, """{"error":{"message":"'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property 'reasoning_content' is unsupported)]"}}""")]
    public async Task An_endpoint_that_refuses_reasoning_gets_none_from_then_on(int status, string refusal)
    {
        Server.Script = request => request.Body.ToJsonString().Contains("reasoning_content", StringComparison.Ordinal)
            ? FakeReply.Json(JsonNode.Parse(refusal)!, status)
            : request.Turn == 0 ? FakeReply.Message(new() { ["reasoning_content"] = "Hm.", ["tool_calls"] = new JsonArray(Call("ls", "abcdefghi", extra: null)) }, "tool_calls") : FakeReply.Text("Done.");
        var (activities, request, reply) = await FirstAsync();

        await SecondAsync(activities, request, reply);

        Assert.That(Server.Requests, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Calls_of_another_model_get_a_placeholder_where_signatures_are_wanted()
    {
        Server.Script = request => request.Messages.ElementAt(2)["tool_calls"]![0]!["extra_content"] is null
            ? FakeReply.Json(JsonNode.Parse("""[{"error":{"code":400,"message":"Function call is missing a thought_signature in functionCall parts.","status":"INVALID_ARGUMENT"}}]""")!, 400)
            : FakeReply.Text("ok");

        await CallAsync(Activities(), await RequestAsync(User("Go."), Foreign("call_abc"), Result("call_abc")));

        Assert.That((string?)Server.Requests[1].Messages.ElementAt(2)["tool_calls"]![0]!["extra_content"]!["google"]!["thought_signature"], Is.EqualTo("skip_thought_signature_validator"));
    }

    [Test]
    public async Task Ids_and_the_order_of_roles_follow_a_provider_that_is_strict_about_them()
    {
        Server.Script = request => (string?)request.Messages.ElementAt(2)["tool_calls"]![0]!["id"] is { Length: not 9 }
            ? FakeReply.Error(400, "Tool call id was call_abc but must be a-z, A-Z, 0-9, with a length of 9.", "3280")
            : request.Messages.Count() == 5 ? FakeReply.Error(400, "Unexpected role 'user' after role 'tool'", "3230")
            : FakeReply.Text("ok");

        await CallAsync(Activities(), await RequestAsync(User("Go."), Foreign("call_abc"), Result("call_abc"), User("Hurry.")));

        var sent = Server.Requests[^1].Messages.ToList();
        Assert.That(sent.Select(message => (string?)message["role"]), Is.EqualTo(new[] { "system", "user", "assistant", "tool" }));
        Assert.That((string?)sent[3]["content"], Is.EqualTo("file\n\nHurry."));
        Assert.That((string?)sent[3]["tool_call_id"], Is.EqualTo((string?)sent[2]["tool_calls"]![0]!["id"]));
    }

    [Test]
    public async Task A_call_without_an_answer_gets_one()
    {
        await CallAsync(Activities(), await RequestAsync(User("Go."), Foreign("call_abc"), User("Hurry.")));

        Assert.That(Server.Requests.Single().Messages.Select(message => (string?)message["role"]), Is.EqualTo(new[] { "system", "user", "assistant", "tool", "user" }));
    }

    [TestCase("chat")]
    [TestCase("responses")]
    [TestCase("messages")]
    public async Task An_empty_message_is_not_sent(string api)
    {
        Server.Script = _ => api switch { "responses" => ResponsesReplies.Streamed(ResponsesReplies.Text("Hi.")), "messages" => MessagesReplies.Streamed("end_turn", MessagesReplies.Text("Hi.")), _ => FakeReply.Text("Hi.") };

        await CallAsync(Activities(("Profiles:default:Api", api)), await RequestAsync(User("Go."), new ChatMessage { Role = ChatRoles.Assistant, Content = "" }, User("Well?")));

        Assert.That(Server.Requests.Single().Body.ToJsonString(), Does.Contain("Well?").And.Not.Contain("assistant"));
    }

    [Test]
    public async Task Ids_that_are_missing_or_double_are_made_up_the_same_each_time()
    {
        Server.Then(FakeReply.Message(new() { ["tool_calls"] = new JsonArray(Call("ls", null), Call("pwd", "x"), Call("date", "x")) }, "tool_calls"));
        var activities = Activities();
        var request = await RequestAsync() with { Call = 7 };

        var first = (await SaidAsync(await CallAsync(activities, request))).ToolCalls.Select(call => call.Id).ToList();
        var again = (await SaidAsync(await CallAsync(activities, request))).ToolCalls.Select(call => call.Id).ToList();

        Assert.That(again, Is.EqualTo(first));
        Assert.That(first, Is.Unique);
        Assert.That(new[] { first[0], first[2] }, Has.All.Match("^[a-z0-9]{9}$"));
    }

    [Test]
    public async Task A_refusal_is_one_and_the_old_form_of_a_call_is_read()
    {
        Server.Then(
            FakeReply.Message(new() { ["content"] = null, ["refusal"] = "I cannot." }, "stop"),
            FakeReply.Message(new() { ["content"] = null, ["function_call"] = new JsonObject { ["name"] = "shell", ["arguments"] = "{\"command\":\"ls\"}" } }, "function_call"));
        var activities = Activities();
        var request = await RequestAsync();

        var refused = await CallAsync(activities, request);
        var called = await CallAsync(activities, request with { Call = 2 });

        Assert.That((refused.Text, refused.FinishReason), Is.EqualTo(("I cannot.", FinishReasons.Refusal)));
        Assert.That((called.FinishReason, (await SaidAsync(called)).ToolCalls.Single().Command), Is.EqualTo((FinishReasons.ToolCalls, "ls")));
    }

    private async Task<(ILlmActivities Activities, LlmRequest Request, LlmReply Reply)> FirstAsync(int call = 1)
    {
        var (activities, request) = (Activities(), await RequestAsync() with { Call = call });
        return (activities, request, await CallAsync(activities, request));
    }

    private async Task SecondAsync(ILlmActivities activities, LlmRequest request, LlmReply reply)
    {
        var results = (await SaidAsync(reply)).ToolCalls.Select(call => Result(call.Id)).ToList();
        await CallAsync(activities, request with { Call = request.Call == 1 ? 2 : request.Call, Conversation = await Store.AppendAsync(reply.Conversation, results, CancellationToken.None) });
    }

    private static ChatMessage Foreign(string id) =>
        new() { Role = ChatRoles.Assistant, ToolCalls = [new ToolCall(id, "shell", "{\"command\":\"ls\"}", "ls")] };

    private static ChatMessage Result(string id) => new() { Role = ChatRoles.Tool, ToolCallId = id, Content = "file" };

    private static JsonObject Call(string command, string? id, int? index = null, string? extra = Signed)
    {
        var call = new JsonObject { ["id"] = id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = "shell", ["arguments"] = new JsonObject { ["command"] = command }.ToJsonString() } };
        if (index is not null)
        {
            call["index"] = index;
        }

        if (extra is not null)
        {
            call["extra_content"] = JsonNode.Parse(extra);
        }

        return call;
    }
}

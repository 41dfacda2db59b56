using System.Text.Json.Nodes;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm.Apis;

public sealed class MessagesTests : LlmTestBase
{
    [TestCase(true)]
    [TestCase(false)]
    public async Task A_turn_is_asked_for_and_read(bool streamed)
    {
        Server.Then(Reply(streamed, "tool_use", MessagesReplies.Thinking(), MessagesReplies.Text("I look."), MessagesReplies.Call("ls")));

        var reply = await CallAsync(Activities(Api, ("Profiles:default:ReasoningEffort", "high"), ("Profiles:default:Temperature", "0.5")), await RequestAsync() with { MaxTokens = 321 });

        var request = Server.Requests.Single();
        var said = await SaidAsync(reply);
        Assert.Multiple(() =>
        {
            Assert.That(request.Address, Is.EqualTo("/v1/messages"));
            Assert.That((request.Header("x-api-key"), request.Header("Authorization")), Is.EqualTo((Canary, "")));
            Assert.That(request.Header("anthropic-version"), Is.EqualTo("2023-06-01"));
            Assert.That((int)request.Body["max_tokens"]!, Is.EqualTo(321));
            Assert.That((string?)request.Body["system"]![0]!["text"], Is.EqualTo("You act."));
            Assert.That(request.Messages.Select(message => (string?)message["role"]), Is.EqualTo(new[] { "user" }));
            Assert.That((string?)request.Body["tools"]![0]!["input_schema"]!["type"], Is.EqualTo("object"));
            Assert.That((string?)request.Body["thinking"]!["type"], Is.EqualTo("adaptive"));
            Assert.That((string?)request.Body["output_config"]!["effort"], Is.EqualTo("high"));
            Assert.That(request.Body.ContainsKey("temperature"), Is.False, "thinking takes none");
            Assert.That((said.Content, said.Reasoning, said.Model), Is.EqualTo(("I look.", "Hm.", "claude-2026")));
            Assert.That(said.ToolCalls.Single(), Has.Property("Id").EqualTo("toolu_01").And.Property("Command").EqualTo("ls"));
            Assert.That(reply.FinishReason, Is.EqualTo(FinishReasons.ToolCalls));
            Assert.That((reply.Usage.PromptTokens, reply.Usage.CompletionTokens, reply.Usage.CachedTokens, reply.Usage.CacheWriteTokens), Is.EqualTo((100, 10, 20, 10)));
        });
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task All_blocks_go_back_in_place_and_results_come_first_in_one_message(bool streamed)
    {
        JsonObject[] blocks = [MessagesReplies.Thinking("\u00dcber \"x\"\n"), MessagesReplies.Redacted(), MessagesReplies.Text("I look."), MessagesReplies.Call("ls"), MessagesReplies.Call("pwd", "toolu_02")];
        Server.Then(Reply(streamed, "tool_use", blocks), Reply(streamed, "end_turn", MessagesReplies.Text("Done.")));
        var activities = Activities(Api);
        var request = await RequestAsync();
        var reply = await CallAsync(activities, request);
        await CallAsync(activities, request with { Call = 2, Conversation = await Store.AppendAsync(reply.Conversation, [Result("toolu_01"), Result("toolu_02"), User("Hurry.")], CancellationToken.None) });

        var messages = Server.Requests[1].Messages.ToList();
        Assert.Multiple(() =>
        {
            Assert.That(messages.Select(message => (string?)message["role"]), Is.EqualTo(new[] { "user", "assistant", "user" }));
            Assert.That(messages[1]["content"]!.AsArray().Select(block => block!.ToJsonString()), Is.EqualTo(blocks.Select(block => block.ToJsonString())));
            Assert.That(messages[2]["content"]!.AsArray().Select(block => (string?)block!["type"]), Is.EqualTo(new[] { "tool_result", "tool_result", "text" }));
            Assert.That((string?)messages[2]["content"]![1]!["tool_use_id"], Is.EqualTo("toolu_02"));
        });
    }

    [Test]
    public async Task Cache_points_are_marked_after_the_system_and_the_newest_messages()
    {
        Server.Script = request => MessagesReplies.Streamed("tool_use", MessagesReplies.Call("ls", $"toolu_{request.Number}"));
        var activities = Activities(Api);
        var request = await RequestAsync();
        var conversation = request.Conversation;
        for (var call = 1; call <= 4; call++)
        {
            var reply = await CallAsync(activities, request with { Call = call, Conversation = conversation });
            conversation = await Store.AppendAsync(reply.Conversation, [Result($"toolu_{call}")], CancellationToken.None);
        }

        var body = Server.Requests[3].Body;
        Assert.That(body["system"]![0]!["cache_control"], Is.Not.Null);
        var marked = body["messages"]!.AsArray().Select(message => message!["content"]!.AsArray()[^1]!["cache_control"] is not null).ToList();
        Assert.That(marked, Is.EqualTo(new[] { false, false, false, false, true, false, true }));
    }

    [Test]
    public async Task Another_model_gets_no_thinking()
    {
        Server.Then(Reply(true, "tool_use", MessagesReplies.Thinking(), MessagesReplies.Text("I look."), MessagesReplies.Call("ls")), Reply(true, "end_turn", MessagesReplies.Text("Done.")));
        var activities = Activities(Api);
        var request = await RequestAsync();
        var reply = await CallAsync(activities, request);
        await CallAsync(activities, request with
        {
            Call = 2,
            Model = new ModelChoice(Name: "another"),
            Conversation = await Store.AppendAsync(reply.Conversation, [Result("toolu_01")], CancellationToken.None),
        });

        Assert.That(Server.Requests[1].Messages.ElementAt(1)["content"]!.AsArray().Select(block => (string?)block!["type"]), Is.EqualTo(new[] { "text", "tool_use" }));
    }

    [TestCase("end_turn", FinishReasons.Stop)]
    [TestCase("max_tokens", FinishReasons.Length)]
    [TestCase("model_context_window_exceeded", FinishReasons.Length)]
    [TestCase("refusal", FinishReasons.Refusal)]
    public async Task The_end_has_one_set_of_words(string stop, string finish)
    {
        Server.Then(Reply(true, stop, MessagesReplies.Text("Well.")));

        Assert.That((await CallAsync(Activities(Api), await RequestAsync())).FinishReason, Is.EqualTo(finish));
    }

    [Test]
    public async Task An_end_without_content_is_an_empty_reply()
    {
        Server.Then(Reply(true, "end_turn"));

        Assert.That((await CallAsync(Activities(Api), await RequestAsync())).FinishReason, Is.EqualTo(FinishReasons.Empty));
    }

    [Test]
    public async Task Thinking_that_led_to_nothing_stays_away()
    {
        Server.Then(Reply(true, "end_turn", MessagesReplies.Thinking()), Reply(true, "end_turn", MessagesReplies.Text("Done.")));
        var activities = Activities(Api);
        var request = await RequestAsync();
        var reply = await CallAsync(activities, request);
        await CallAsync(activities, request with { Call = 2, Conversation = await Store.AppendAsync(reply.Conversation, [User("Well?")], CancellationToken.None) });

        Assert.That(reply.FinishReason, Is.EqualTo(FinishReasons.Empty));
        Assert.That(Server.Requests[1].Messages.Single()["content"]!.AsArray().Select(block => (string?)block!["text"]), Is.EqualTo(new[] { "Do it.", "Well?" }));
    }

    [TestCase("overloaded_error", FailureTypes.ModelUnavailable)]
    [TestCase("rate_limit_error", FailureTypes.ModelUnavailable)]
    [TestCase("authentication_error", FailureTypes.ModelUnauthorized)]
    public async Task An_error_in_a_stream_is_that_error(string error, string type)
    {
        var data = new JsonObject { ["type"] = "error", ["error"] = new JsonObject { ["type"] = error, ["message"] = "Overloaded" } };
        Server.Then(FakeReply.Events(MessagesReplies.Events(null, MessagesReplies.Text("Well")).Append(MessagesReplies.Event(data))));

        Assert.That((await FailureAsync(Activities(Api), await RequestAsync())).ErrorType, Is.EqualTo(type));
    }

    [Test]
    public async Task A_stream_without_a_reason_to_stop_is_cut()
    {
        Server.Then(FakeReply.Events(MessagesReplies.Events(null, MessagesReplies.Text("Well"))));

        Assert.That((await FailureAsync(Activities(Api), await RequestAsync())).Message, Does.Contain("closing event"));
    }

    [Test]
    public async Task Arguments_that_broke_off_are_told_to_the_model()
    {
        var events = MessagesReplies.Events("max_tokens", MessagesReplies.Call("ls -la")).ToList();
        events.RemoveAt(events.FindLastIndex(one => one.Contains("input_json_delta", StringComparison.Ordinal)));
        Server.Then(FakeReply.Events(events.Append(MessagesReplies.Event(new() { ["type"] = "message_stop" }))), Reply(true, "end_turn", MessagesReplies.Text("Done.")));
        var activities = Activities(Api);
        var request = await RequestAsync();
        var reply = await CallAsync(activities, request);
        await CallAsync(activities, request with { Call = 2, Conversation = await Store.AppendAsync(reply.Conversation, [Result("toolu_01")], CancellationToken.None) });

        Assert.That((await SaidAsync(reply)).ToolCalls.Single().Problem, Does.Contain("length limit"));
        Assert.That(Server.Requests[1].Messages.ElementAt(1)["content"]![0]!["input"], Is.InstanceOf<JsonObject>());
    }

    [Test]
    public async Task Older_models_get_their_thinking_by_a_number_and_those_without_none()
    {
        Server.Script = request => (string?)request.Body["thinking"]?["type"] is { } type
            ? FakeReply.Error(400, $"thinking.type: '{type}' is not supported on this model") : Reply(true, "end_turn", MessagesReplies.Text("Hi."));

        await CallAsync(Activities(Api, ("Profiles:default:ReasoningEffort", "medium")), await RequestAsync());

        Assert.That(Server.Requests.Select(one => (string?)one.Body["thinking"]?["type"]), Is.EqualTo(new[] { "adaptive", "enabled", null }));
        Assert.That((int)Server.Requests[1].Body["thinking"]!["budget_tokens"]!, Is.InRange(1_024, 8_191));
    }

    private static (string, string) Api => ("Profiles:default:Api", "messages");

    private static ChatMessage Result(string id) => new() { Role = ChatRoles.Tool, ToolCallId = id, Content = "file" };

    private static FakeReply Reply(bool streamed, string stop, params JsonObject[] content) =>
        streamed ? MessagesReplies.Streamed(stop, content) : MessagesReplies.Whole(stop, content);
}

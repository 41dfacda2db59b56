using System.Text.Json.Nodes;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Prompts;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>What is sent of a long conversation, and what a reply's text is taken for.</summary>
[TestFixture]
public sealed class LlmContextTests : LlmTestBase
{
    [Test]
    public async Task What_was_left_out_stays_out_so_that_the_beginning_of_a_request_stays_the_same()
    {
        Server.Script = _ => FakeReply.Text("ok");
        var activities = Activities();
        var request = await RequestAsync([User("Go."), .. Turns(1, 6)]) with { PromptTokens = 25_000 };

        var first = await CallAsync(activities, request);
        var grown = await Store.AppendAsync(first.Conversation, [User("Go on."), .. Turns(7, 7)], CancellationToken.None);
        await CallAsync(activities, request with { Conversation = grown, Call = 2 });

        var (before, after) = (Server.Requests[0].Messages.ToList(), Server.Requests[1].Messages.ToList());
        var notes = (await Store.ReadConversationAsync(grown, CancellationToken.None)).Where(message => message.Role == ChatRoles.Note).ToList();
        Assert.That(first.DroppedObservations, Is.EqualTo(3), "70 % of the room are kept, not all of it");
        Assert.That(after.Take(before.Count).Select(message => message.ToJsonString()), Is.EqualTo(before.Select(message => message.ToJsonString())));
        Assert.That(notes, Has.Count.EqualTo(1));
        Assert.That(notes[0].LeftOut, Is.EqualTo(new[] { 3, 5, 7 }));
        Assert.That(notes[0].Content, Does.Contain("3 older commands"));
    }

    [Test]
    public async Task An_endpoint_without_tools_is_never_told_to_call_one()
    {
        Server.Then(FakeReply.Text("ok"));
        var messages = new[] { new ChatMessage { Role = ChatRoles.System, Content = AgentPrompts.System(tools: true) + "\n\n## Skills" }, User("Go.") };
        var conversation = await Store.AppendAsync(null, messages, CancellationToken.None);

        await CallAsync(Activities(("Profiles:default:Tools", "off")), await RequestAsync() with { Conversation = conversation });

        var sent = (string?)Server.Requests.Single().Body["messages"]![0]!["content"];
        Assert.That(sent, Is.EqualTo(AgentPrompts.System(tools: false) + "\n\n## Skills"));
    }

    [Test]
    public async Task A_tool_call_in_the_text_is_carried_out_and_sent_back_as_one()
    {
        Server.Then(FakeReply.Text("I look.\n<tool_call>\n<function=shell>\n<parameter=command>\nls -la\n</parameter>\n</function>\n</tool_call>"));
        Server.Then(FakeReply.Text("done"));
        var activities = Activities();

        var request = await RequestAsync();
        var reply = await CallAsync(activities, request);
        var said = await SaidAsync(reply);
        var answered = await Store.AppendAsync(
            reply.Conversation, [new ChatMessage { Role = ChatRoles.Tool, ToolCallId = said.ToolCalls[0].Id, Content = "a b" }], CancellationToken.None);
        await CallAsync(activities, request with { Conversation = answered, Call = 2 });

        var sent = Server.Requests[1].Messages.ToList();
        Assert.That((reply.ToolCalls, reply.FinishReason, said.ToolCalls[0].Command, said.Content), Is.EqualTo((1, FinishReasons.TextCall, "ls -la", "I look.")));
        Assert.That(said.ToolCalls[0].Id, Does.Match("^[a-z0-9]{9}$"));
        Assert.That((string?)sent[^2]["tool_calls"]![0]!["id"], Is.EqualTo(said.ToolCalls[0].Id));
        Assert.That((string?)sent[^1]["role"], Is.EqualTo("tool"));
    }

    [TestCase("<tool_call>\nls -la\n</tool_call>", "stop", FinishReasons.TextCall)]
    [TestCase("Done.", "stop", FinishReasons.Stop)]
    [TestCase("It goes on and", "length", FinishReasons.Length)]
    [TestCase("<tool_call>\n{\"name\": \"shell\", \"arguments\": {\"comm", "length", FinishReasons.Length)]
    public async Task Ends_are_told_apart(string text, string finish, string reason)
    {
        Server.Then(FakeReply.Text(text, finish));

        Assert.That((await CallAsync(Activities(), await RequestAsync())).FinishReason, Is.EqualTo(reason));
    }

    [Test]
    public async Task Endless_repetition_is_no_cut_like_others()
    {
        Server.Then(FakeReply.Text(string.Concat(Enumerable.Repeat("Wait, I look once more. ", 200)), "length"));

        Assert.That((await CallAsync(Activities(), await RequestAsync())).FinishReason, Is.EqualTo(FinishReasons.Repetition));
    }

    private static IEnumerable<ChatMessage> Turns(int from, int to) => Enumerable.Range(from, to - from + 1).SelectMany(turn => new[]
    {
        new ChatMessage
        {
            Role = ChatRoles.Assistant,
            ToolCalls = [new ToolCall($"{turn}", "shell", new JsonObject { ["command"] = $"step {turn}" }.ToJsonString(), $"step {turn}")],
        },
        new ChatMessage { Role = ChatRoles.Tool, ToolCallId = $"{turn}", Content = new string('x', 20_000) },
    });
}

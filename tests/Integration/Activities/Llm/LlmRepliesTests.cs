using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm;

public sealed class LlmRepliesTests : LlmTestBase
{
    [Test]
    public async Task A_text_reply_ends_the_work_and_is_added_to_the_conversation()
    {
        Server.Then(FakeReply.Text("All\n done."));

        var reply = await CallAsync(Activities(), await RequestAsync());

        Assert.Multiple(() =>
        {
            Assert.That(reply.ToolCalls, Is.Zero);
            Assert.That(reply.Text, Is.EqualTo("All\n done."));
            Assert.That(reply.TextLength, Is.EqualTo(10));
            Assert.That(reply.Summary, Is.EqualTo("All done."));
            Assert.That(reply.FinishReason, Is.EqualTo("stop"));
            Assert.That(reply.Usage, Is.EqualTo(new TokenUsage(100, 10, 20) { Unpriced = true }), "a model that nobody gave a price");
        });
        var said = await SaidAsync(reply);
        Assert.That(said, Has.Property("Role").EqualTo("assistant").And.Property("Model").EqualTo("scripted-2026"));
    }

    [Test]
    public async Task A_tool_call_becomes_a_command_with_its_time_out()
    {
        Server.Then(FakeReply.Shell("make\ntest", timeoutSec: 90));

        var reply = await CallAsync(Activities(), await RequestAsync());

        var call = (await SaidAsync(reply)).ToolCalls.Single();
        Assert.Multiple(() =>
        {
            Assert.That(call.Command, Is.EqualTo("make\ntest"));
            Assert.That(call.Problem, Is.Null);
            Assert.That(reply.ToolCalls, Is.EqualTo(1));
            Assert.That(reply.LongestTimeoutSec, Is.EqualTo(90));
            Assert.That(reply.Summary, Is.EqualTo("make test"));
        });
    }

    [TestCase("shell", "{\"command\": \"ls", "not valid JSON")]
    [TestCase("shell", "[]", "JSON object")]
    [TestCase("shell", "{\"cmd\": \"ls\"}", "'command'")]
    [TestCase("shell", "{\"command\": [\"ls\"]}", "'command'")]
    [TestCase("shell", "{\"command\": \" \"}", "'command'")]
    [TestCase("shell", "", "not valid JSON")]
    [TestCase("browser", "{\"command\": \"ls\"}", "no tool named 'browser'")]
    public async Task A_call_that_cannot_be_carried_out_says_why_to_the_model(string tool, string arguments, string why)
    {
        Server.Then(FakeReply.Tool(tool, arguments));

        var reply = await CallAsync(Activities(), await RequestAsync());

        var call = (await SaidAsync(reply)).ToolCalls.Single();
        Assert.That(call.Command, Is.Null);
        Assert.That(call.Problem, Does.Contain(why));
        Assert.That(call.Arguments, Is.EqualTo(arguments));
        Assert.That(reply.ToolCalls, Is.EqualTo(1));
    }

    [Test]
    public async Task A_finish_reason_nobody_knows_is_kept()
    {
        Server.Then(FakeReply.Text("Hm.", finish: "model_got_bored"));

        var reply = await CallAsync(Activities(), await RequestAsync());

        Assert.That(reply.FinishReason, Is.EqualTo("model_got_bored"));
        Assert.That(reply.Text, Is.EqualTo("Hm."));
    }

    [Test]
    public async Task A_reply_that_used_up_its_limit_without_a_word_is_not_asked_for_again()
    {
        Server.Then(FakeReply.Text("", finish: "length"));

        var reply = await CallAsync(Activities(), await RequestAsync());

        Assert.That(reply, Has.Property("Text").EqualTo("").And.Property("FinishReason").EqualTo("length"));
    }

    [TestCase("stop")]
    [TestCase("tool_calls")]
    public async Task A_model_that_says_nothing_has_said_it(string finish)
    {
        Server.Then(FakeReply.Text("", finish));

        var reply = await CallAsync(Activities(), await RequestAsync());

        Assert.That((reply.ToolCalls, reply.Text, reply.FinishReason), Is.EqualTo((0, "", FinishReasons.Empty)));
        Assert.That(Server.Requests, Has.Count.EqualTo(1), "asking again would only cost again");
    }

    [Test]
    public async Task Replies_that_cannot_be_used_are_asked_for_three_times_and_then_a_person_has_to_look()
    {
        Server.Script = _ => new FakeReply { Body = """{"object":"list","data":[]}""" };
        var request = await RequestAsync();
        await FailureAsync(Activities(), request);
        var second = await FailureAsync(Activities(), request);

        var third = await FailureAsync(Activities(), request);

        Assert.That((second.ErrorType, second.NonRetryable), Is.EqualTo((FailureTypes.ModelUnavailable, false)));
        Assert.That((third.ErrorType, third.NonRetryable), Is.EqualTo((FailureTypes.ModelUnreadable, true)));
        Assert.That(third.Message, Does.Contain("reply 3").And.Contain("BaseUrl"));
    }

    [Test]
    public async Task Content_in_parts_a_call_without_id_and_arguments_that_are_an_object_are_read()
    {
        Server.Then(FakeReply.Message(
            new JsonObject
            {
                ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = "Look." }),
                ["tool_calls"] = new JsonArray(new JsonObject
                {
                    ["function"] = new JsonObject { ["name"] = "shell", ["arguments"] = new JsonObject { ["command"] = "ls" } },
                }),
            },
            finish: null));

        var said = await SaidAsync(await CallAsync(Activities(), await RequestAsync()));

        Assert.That(said.Content, Is.EqualTo("Look."));
        Assert.That(said.ToolCalls.Single(), Has.Property("Id").Matches("^[a-z0-9]{9}$").And.Property("Command").EqualTo("ls"));
    }

    [Test]
    public async Task Thinking_in_front_of_the_text_is_kept_apart()
    {
        Server.Then(FakeReply.Text("<think>Maybe:\n```bash\nrm -rf /\n```</think>\n```bash\nls\n```"));

        var said = await SaidAsync(await CallAsync(Activities(("Profiles:default:Tools", "off")), await RequestAsync()));

        Assert.That(said.ToolCalls.Single().Command, Is.EqualTo("ls"));
        Assert.That(said.Reasoning, Does.Contain("rm -rf"));
    }

    [Test]
    public async Task A_long_text_stays_in_the_store()
    {
        Server.Then(FakeReply.Text(new string('x', 500)));

        var reply = await CallAsync(Activities(), await RequestAsync() with { InlineCharacters = 499 });

        Assert.That(reply.Text, Is.Null);
        Assert.That(reply.TextLength, Is.EqualTo(500));
        Assert.That((await SaidAsync(reply)).Content, Has.Length.EqualTo(500));
    }

    [Test]
    public async Task A_call_is_priced_by_the_first_pattern_that_fits()
    {
        var activities = Activities(
            ("Prices:0:Model", "other*"), ("Prices:0:Prompt", "1000"),
            ("Prices:1:Model", "SCRIPTED*"), ("Prices:1:Prompt", "10"), ("Prices:1:Cached", "1"), ("Prices:1:Completion", "100"),
            ("Prices:2:Model", "*"), ("Prices:2:Prompt", "1000"));

        var reply = await CallAsync(activities, await RequestAsync());

        // 80 prompt tokens at 10, 20 cached at 1, 10 completion tokens at 100 dollars a million.
        Assert.That(reply.Usage.CostUsd, Is.EqualTo(0.00182).Within(1e-12));
    }
}

using System.Text.Json.Nodes;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm;

public sealed class LlmRequestsTests : LlmTestBase
{
    [Test]
    public async Task A_request_says_who_asks_and_why()
    {
        await CallAsync(Activities(), await RequestAsync() with { Purpose = LlmPurposes.Reflect, Task = "größe\r\nX-Evil: 1" });

        var request = Server.Requests.Single();
        Assert.Multiple(() =>
        {
            Assert.That(request.Purpose, Is.EqualTo("reflect"));
            Assert.That(request.Run, Is.EqualTo("skill/batch/model/hello-world/attempt-1"));
            Assert.That(request.Task, Is.EqualTo("gr%C3%B6%C3%9Fe%0D%0AX-Evil: 1"));
            Assert.That(request.Header("X-Evil"), Is.Empty);
            Assert.That(request.Header("Authorization"), Is.EqualTo($"Bearer {Canary}"));
            Assert.That(request.Header("Content-Type"), Does.StartWith("application/json"));
        });
    }

    [Test]
    public async Task The_body_holds_the_conversation_the_tool_and_the_settings()
    {
        var activities = Activities(
            ("Profiles:default:Temperature", "0.2"), ("Profiles:default:ExtraBody", """{"top_p": 0.9, "seed": 7}"""));

        await CallAsync(activities, await RequestAsync(User("First."), Asks("a", "ls"), Answer("a", "file\n"), Note, User("Second.")) with { MaxTokens = 321 });

        var body = Server.Requests.Single().Body;
        Assert.Multiple(() =>
        {
            Assert.That((string?)body["model"], Is.EqualTo("scripted"));
            Assert.That((int?)body["max_tokens"], Is.EqualTo(321));
            Assert.That((double?)body["temperature"], Is.EqualTo(0.2));
            Assert.That((double?)body["top_p"], Is.EqualTo(0.9));
            Assert.That((int?)body["seed"], Is.EqualTo(7));
            Assert.That((string?)body["tools"]![0]!["function"]!["name"], Is.EqualTo("shell"));
            Assert.That(Roles(body), Is.EqualTo(new[] { "system", "user", "assistant", "tool", "user" }));
            Assert.That((string?)body["messages"]![2]!["tool_calls"]![0]!["function"]!["arguments"], Is.EqualTo("""{"command":"ls"}"""));
            Assert.That((string?)body["messages"]![3]!["tool_call_id"], Is.EqualTo("a"));
        });
    }

    [Test]
    public async Task A_purpose_without_tools_offers_none_and_has_its_own_budget()
    {
        await CallAsync(Activities(), await RequestAsync() with { Tools = false, Purpose = LlmPurposes.Distill });

        var body = Server.Requests.Single().Body;
        Assert.That(body.ContainsKey("tools"), Is.False);
        Assert.That((int?)body["max_tokens"], Is.EqualTo(12_288));
    }

    [Test]
    public async Task Earlier_arguments_that_are_not_JSON_do_not_spoil_the_conversation()
    {
        var broken = new ChatMessage { Role = ChatRoles.Assistant, ToolCalls = [new ToolCall("a", "shell", "{\"comm", null, Problem: "not JSON")] };

        await CallAsync(Activities(), await RequestAsync(User("Go."), broken, Answer("a", "not JSON")));

        var sent = (string?)Server.Requests.Single().Body["messages"]![2]!["tool_calls"]![0]!["function"]!["arguments"];
        Assert.That((string?)JsonNode.Parse(sent!)!["invalid_arguments"], Is.EqualTo("{\"comm"));
    }

    [Test]
    public async Task Without_tools_the_shell_is_a_fenced_block_and_its_output_a_user_message()
    {
        Server.Then(FakeReply.Text("Let me look.\n\n```python\nprint('```bash')\n```\n\n```bash timeout=90\nls -la\npwd\n```\n\n```bash\nrm x\n```"));
        var activities = Activities(("Profiles:default:Tools", "off"));

        var reply = await CallAsync(activities, await RequestAsync());
        var call = (await SaidAsync(reply)).ToolCalls.Single();
        await CallAsync(activities, await RequestAsync(User("Go."), await SaidAsync(reply), Answer(call.Id, "total 0")) with { Call = 2 });

        Assert.Multiple(() =>
        {
            Assert.That(call, Has.Property("Command").EqualTo("ls -la\npwd").And.Property("Fenced").True);
            Assert.That(reply.LongestTimeoutSec, Is.EqualTo(90));
            var body = Server.Requests[1].Body;
            Assert.That(body.ContainsKey("tools"), Is.False);
            Assert.That(Roles(body), Is.EqualTo(new[] { "system", "user", "assistant", "user" }));
            Assert.That((string?)body["messages"]![0]!["content"], Does.StartWith("You act.").And.Contain("```bash"));
            Assert.That((string?)body["messages"]![3]!["content"], Is.EqualTo("total 0"));
        });
    }

    [TestCase("```bash\nls", "not closed")]
    [TestCase("```bash\n\n```", "empty")]
    public async Task A_fenced_block_that_cannot_run_says_why(string text, string why)
    {
        Server.Then(FakeReply.Text(text));

        var said = await SaidAsync(await CallAsync(Activities(("Profiles:default:Tools", "off")), await RequestAsync()));

        Assert.That(said.ToolCalls.Single().Problem, Does.Contain(why));
    }

    [Test]
    public async Task A_fenced_block_is_only_text_where_tools_are_known()
    {
        Server.Then(FakeReply.Text("You could run\n```bash\nls\n```"));

        Assert.That((await CallAsync(Activities(), await RequestAsync())).ToolCalls, Is.Zero);
    }

    [TestCase(400, "registry/gemma:latest does not support tools")]
    [TestCase(404, "No endpoints found that support tool use.")]
    [TestCase(400, "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set")]
    public async Task An_endpoint_that_refuses_tools_gets_fenced_blocks_from_then_on(int status, string words)
    {
        Server.Script = request => request.Body.ContainsKey("tools") ? FakeReply.Error(status, words) : FakeReply.Text("```bash\nls\n```");
        var activities = Activities();
        var request = await RequestAsync(User("Go."), Asks("a", "pwd"), Answer("a", "/app"));

        var first = await CallAsync(activities, request);
        var second = await CallAsync(activities, request with { Call = 2 });

        Assert.That(first.ToolCalls, Is.EqualTo(1));
        Assert.That(second.ToolCalls, Is.EqualTo(1));
        Assert.That(Server.Requests, Has.Count.EqualTo(3), "the refusal is learned once");
        Assert.That(Roles(Server.Requests[1].Body), Is.EqualTo(new[] { "system", "user", "assistant", "user" }));
        Assert.That((string?)Server.Requests[1].Body["messages"]![2]!["content"], Is.EqualTo("```bash\npwd\n```"));
    }

    [Test]
    public async Task Tools_that_must_be_on_are_not_given_up()
    {
        Server.Then(FakeReply.Error(400, "this model does not support tools"));

        var failure = await FailureAsync(Activities(("Profiles:default:Tools", "on")), await RequestAsync());

        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ModelRefused));
    }

    [Test]
    public async Task The_other_name_of_the_reply_limit_is_learned_from_the_refusal()
    {
        Server.Script = request => request.Body.ContainsKey("max_tokens")
            ? FakeReply.Error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "unsupported_parameter")
            : FakeReply.Text("ok");
        var activities = Activities();
        var request = await RequestAsync();

        await CallAsync(activities, request);
        await CallAsync(activities, request with { Call = 2 });

        Assert.That(Server.Requests, Has.Count.EqualTo(3));
        Assert.That((int?)Server.Requests[2].Body["max_completion_tokens"], Is.EqualTo(8_192));
        Assert.That(Server.CountByIdempotencyKey, Has.Count.EqualTo(3), "another body is another request");
    }

    [Test]
    public async Task The_oldest_observations_give_way_when_the_prompt_budget_is_passed()
    {
        var long1 = new string('x', 20_000);
        var messages = new List<ChatMessage> { User("Go.") };
        for (var turn = 1; turn <= 6; turn++)
        {
            messages.AddRange([Asks($"{turn}", $"step {turn}"), Answer($"{turn}", long1)]);
        }

        var reply = await CallAsync(Activities(), await RequestAsync([.. messages]) with { PromptTokens = 25_000 });

        var contents = Server.Requests.Single().Messages.Where(message => (string?)message["role"] == "tool").Select(message => (string)message["content"]!).ToList();
        Assert.That(reply.DroppedObservations, Is.EqualTo(3));
        Assert.That(contents.Take(3), Is.All.Length.LessThan(200));
        Assert.That(contents.Skip(3), Is.All.EqualTo(long1));
        Assert.That((await Store.ReadConversationAsync(reply.Conversation, CancellationToken.None))[3].Content, Is.EqualTo(long1), "the record keeps it");
    }

    [Test]
    public async Task A_conversation_too_long_for_the_endpoint_is_shortened_once_more()
    {
        Server.Script = request => request.Body.ToJsonString().Length > 60_000
            ? FakeReply.Error(400, "maximum context length is 16384 tokens", "context_length_exceeded")
            : FakeReply.Text("ok");
        var messages = new List<ChatMessage> { User("Go.") };
        for (var turn = 1; turn <= 5; turn++)
        {
            messages.AddRange([Asks($"{turn}", $"step {turn}"), Answer($"{turn}", new string('x', 20_000))]);
        }

        var reply = await CallAsync(Activities(), await RequestAsync([.. messages]));

        Assert.That(reply.Text, Is.EqualTo("ok"));
        Assert.That(reply.DroppedObservations, Is.GreaterThanOrEqualTo(2));
        Assert.That(Server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task An_endpoint_of_the_run_must_be_allowed_by_the_settings()
    {
        await using var other = await FakeModelServer.StartAsync();
        var request = await RequestAsync() with { Model = new ModelChoice(ApiBase: other.BaseUrl + "/") };

        var failure = await FailureAsync(Activities(), request);
        await CallAsync(Activities(("AllowedApiBases:0", other.BaseUrl)), request);

        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.InvalidInput));
        Assert.That(failure.Message, Does.Contain("Llm:AllowedApiBases"));
        Assert.That(Server.Requests, Is.Empty);
        Assert.That(other.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_unknown_profile_and_a_missing_model_name_their_remedy()
    {
        var request = await RequestAsync();

        var unknown = await FailureAsync(Activities(), request with { Model = new ModelChoice("cheap") });
        var nameless = await FailureAsync(Activities(("Profiles:default:Model", "")), request);

        Assert.That(unknown.ErrorType, Is.EqualTo(FailureTypes.InvalidInput));
        Assert.That(unknown.Message, Does.Contain("Llm:Profiles:cheap").And.Contain("default"));
        Assert.That(nameless.ErrorType, Is.EqualTo(FailureTypes.InvalidInput));
        Assert.That(nameless.Message, Does.Contain("Llm:Profiles:default:Model"));
    }

    private static ChatMessage Note => new() { Role = ChatRoles.Note, Content = "The container was lost." };

    private static ChatMessage Asks(string id, string command) => new()
    {
        Role = ChatRoles.Assistant,
        ToolCalls = [new ToolCall(id, "shell", $$"""{"command":"{{command}}"}""", command)],
    };

    private static ChatMessage Answer(string id, string output) => new() { Role = ChatRoles.Tool, ToolCallId = id, Content = output };

    private static IEnumerable<string?> Roles(JsonObject body) => body["messages"]!.AsArray().Select(message => (string?)message!["role"]);
}

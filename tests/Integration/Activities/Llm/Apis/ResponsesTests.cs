using System.Text.Json.Nodes;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm.Apis;

public sealed class ResponsesTests : LlmTestBase
{
    [TestCase(true)]
    [TestCase(false)]
    public async Task A_turn_is_asked_for_and_read(bool streamed)
    {
        Server.Then(Reply(streamed, ResponsesReplies.Reasoning(), ResponsesReplies.Text("I look."), ResponsesReplies.Call("ls")));

        var reply = await CallAsync(Activities(Api, ("Profiles:default:ReasoningEffort", "high")), await RequestAsync() with { MaxTokens = 321 });

        var request = Server.Requests.Single();
        var said = await SaidAsync(reply);
        Assert.Multiple(() =>
        {
            Assert.That(request.Address, Is.EqualTo("/v1/responses"));
            Assert.That((bool)request.Body["store"]!, Is.False);
            Assert.That((bool)request.Body["stream"]!, Is.True);
            Assert.That((string?)request.Body["include"]![0], Is.EqualTo("reasoning.encrypted_content"));
            Assert.That((int)request.Body["max_output_tokens"]!, Is.EqualTo(321));
            Assert.That((string?)request.Body["reasoning"]!["effort"], Is.EqualTo("high"));
            Assert.That((string?)request.Body["tools"]![0]!["name"], Is.EqualTo("shell"));
            Assert.That(request.Body["input"]!.AsArray().Select(item => (string?)item!["role"]), Is.EqualTo(new[] { "system", "user" }));
            Assert.That((said.Content, said.Reasoning, said.Model), Is.EqualTo(("I look.", "**Look**", "gpt-codex-2026")));
            Assert.That(said.ToolCalls.Single(), Has.Property("Id").EqualTo("call_abc").And.Property("Command").EqualTo("ls"));
            Assert.That(reply.FinishReason, Is.EqualTo(FinishReasons.ToolCalls));
            Assert.That((reply.Usage.PromptTokens, reply.Usage.CompletionTokens, reply.Usage.CachedTokens), Is.EqualTo((100, 10, 20)));
        });
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task All_items_go_back_in_order_and_unchanged_with_the_results_after_them(bool streamed)
    {
        JsonObject[] items = [ResponsesReplies.Reasoning("gAAA\u00e4+/=\"x"), new() { ["type"] = "news", ["id"] = "n", ["what"] = 1.50 }, ResponsesReplies.Text("I look."), ResponsesReplies.Call("ls")];
        Server.Then(Reply(streamed, items), Reply(streamed, ResponsesReplies.Text("Done.")));
        var activities = Activities(Api);
        await TwoTurnsAsync(activities, activities);

        var (first, second) = (Server.Requests[0].Body, Server.Requests[1].Body);
        var input = second["input"]!.AsArray();
        Assert.Multiple(() =>
        {
            Assert.That(input.Skip(2).Take(4).Select(item => item!.ToJsonString()), Is.EqualTo(items.Select(item => item.ToJsonString())));
            Assert.That((string?)input[6]!["type"], Is.EqualTo("function_call_output"));
            Assert.That(((string?)input[6]!["call_id"], (string?)input[6]!["output"]), Is.EqualTo(("call_abc", "file")));
            Assert.That((string?)second["prompt_cache_key"], Is.Not.Null.And.EqualTo((string?)first["prompt_cache_key"]));
            Assert.That(input.Take(2).Select(item => item!.ToJsonString()), Is.EqualTo(first["input"]!.AsArray().Select(item => item!.ToJsonString())), "the beginning is the same, for the cache");
        });
    }

    [Test]
    public async Task Another_model_gets_neither_reasoning_nor_ids_of_items()
    {
        Server.Then(Reply(true, ResponsesReplies.Reasoning(), ResponsesReplies.Call("ls", new string('x', 60))), Reply(true, ResponsesReplies.Text("Done.")));
        var activities = Activities(Api);
        await TwoTurnsAsync(activities, activities, new ModelChoice(Name: "another"));

        var input = Server.Requests[1].Body["input"]!.AsArray();
        Assert.That(input.Select(item => (string?)item!["type"] ?? (string?)item["role"]), Is.EqualTo(new[] { "system", "user", "function_call", "function_call_output" }));
        Assert.That(((JsonObject)input[2]!).ContainsKey("id"), Is.False);
        Assert.That((string?)input[2]!["call_id"], Does.Match("^[a-z0-9]{9}$").And.EqualTo((string?)input[3]!["call_id"]));
    }

    [Test]
    public async Task Reasoning_that_the_provider_would_have_to_remember_stays_away_with_the_ids()
    {
        var bare = ResponsesReplies.Reasoning();
        bare.Remove("encrypted_content");
        Server.Then(Reply(true, bare, ResponsesReplies.Call("ls")), Reply(true, ResponsesReplies.Text("Done.")));
        var activities = Activities(Api);
        await TwoTurnsAsync(activities, activities);

        var input = Server.Requests[1].Body["input"]!.AsArray();
        Assert.That(input.Count(item => (string?)item!["type"] == "reasoning"), Is.Zero);
        Assert.That(((JsonObject)input[2]!).ContainsKey("id"), Is.False);
    }

    [Test]
    public async Task A_reply_cut_while_it_thought_is_a_length_and_its_reasoning_stays_away()
    {
        var response = ResponsesReplies.Response("incomplete", ResponsesReplies.Reasoning());
        response["incomplete_details"] = new JsonObject { ["reason"] = "max_output_tokens" };
        Server.Then(ResponsesReplies.Stream("incomplete", response, ResponsesReplies.Reasoning()), Reply(true, ResponsesReplies.Text("Done.")));
        var activities = Activities(Api);
        var request = await RequestAsync();
        var reply = await CallAsync(activities, request);
        await CallAsync(activities, request with { Call = 2, Conversation = await Store.AppendAsync(reply.Conversation, [User("Go on.")], CancellationToken.None) });

        Assert.That(reply.FinishReason, Is.EqualTo(FinishReasons.Length));
        Assert.That(Server.Requests[1].Body["input"]!.AsArray().Select(item => (string?)item!["role"]), Is.EqualTo(new[] { "system", "user", "user" }));
    }

    [Test]
    public async Task Items_that_the_last_event_leaves_out_are_taken_from_their_own()
    {
        Server.Then(ResponsesReplies.Stream("completed", ResponsesReplies.Response("completed"), ResponsesReplies.Call("ls")));

        Assert.That((await SaidAsync(await CallAsync(Activities(Api), await RequestAsync()))).ToolCalls.Single().Command, Is.EqualTo("ls"));
    }

    [Test]
    public async Task A_refusal_is_one_and_its_words_are_kept()
    {
        var refusal = ResponsesReplies.Text("");
        refusal["content"] = new JsonArray(new JsonObject { ["type"] = "refusal", ["refusal"] = "I cannot." });
        Server.Then(Reply(true, refusal));

        var reply = await CallAsync(Activities(Api), await RequestAsync());

        Assert.That((reply.Text, reply.FinishReason), Is.EqualTo(("I cannot.", FinishReasons.Refusal)));
    }

    [TestCase("server_error", FailureTypes.ModelUnavailable)]
    [TestCase("rate_limit_exceeded", FailureTypes.ModelUnavailable)]
    [TestCase("invalid_prompt", FailureTypes.ModelFiltered)]
    public async Task A_failed_response_is_its_error_streamed_or_not(string code, string type)
    {
        var response = ResponsesReplies.Response("failed");
        response["error"] = new JsonObject { ["code"] = code, ["message"] = "It failed." };
        Server.Then(ResponsesReplies.Stream("failed", response), FakeReply.Json(response.DeepClone()), FakeReply.Events(ResponsesReplies.Event("error", new() { ["code"] = code, ["message"] = "It failed." })));
        var activities = Activities(Api);
        var request = await RequestAsync();

        for (var call = 1; call <= 3; call++)
        {
            var failure = await FailureAsync(activities, request with { Call = call });
            Assert.That(failure.ErrorType, Is.EqualTo(type));
            Assert.That(failure.Message, Does.Contain("It failed."));
        }
    }

    [Test]
    public async Task A_stream_without_its_last_event_is_cut()
    {
        Server.Then(FakeReply.Events(ResponsesReplies.Events(null, ResponsesReplies.Response("completed"), ResponsesReplies.Text("Half"))));

        var failure = await FailureAsync(Activities(Api), await RequestAsync());

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((FailureTypes.ModelUnavailable, false)));
        Assert.That(failure.Message, Does.Contain("closing event"));
    }

    [TestCase(404, "This model is only supported in v1/responses and not in v1/chat/completions.")]
    [TestCase(404, "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?")]
    [TestCase(400, "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions. Please use /v1/responses instead.")]
    public async Task A_model_that_chat_completions_refuse_is_asked_by_Responses_from_then_on(int status, string words)
    {
        Server.Script = request => request.Address == "/v1/responses" ? Reply(true, ResponsesReplies.Text("Hi.")) : FakeReply.Error(status, words);
        var activities = Activities();
        var request = await RequestAsync();

        await CallAsync(activities, request);
        var reply = await CallAsync(activities, request with { Call = 2 });

        Assert.That(reply.Text, Is.EqualTo("Hi."));
        Assert.That(Server.Requests.Select(one => one.Address), Is.EqualTo(new[] { "/v1/chat/completions", "/v1/responses", "/v1/responses" }));
        Assert.That((string?)Server.Requests[1].Body["tools"]![0]!["name"], Is.EqualTo("shell"), "tools are not given up");
    }

    [Test]
    public async Task An_endpoint_without_encrypted_reasoning_is_not_asked_for_it_again()
    {
        Server.Script = request => request.Body.ContainsKey("include") ? FakeReply.Error(400, "Encrypted content is not supported with this model.") : Reply(true, ResponsesReplies.Text("Hi."));

        await CallAsync(Activities(Api), await RequestAsync());

        Assert.That(Server.Requests.Select(one => one.Body.ContainsKey("include")), Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public async Task A_schema_is_asked_for_in_its_place()
    {
        Server.Then(Reply(true, ResponsesReplies.Text("{}")));

        await CallAsync(Activities(Api), await RequestAsync() with { Purpose = LlmPurposes.Critique, Tools = false });

        Assert.That((string?)Server.Requests.Single().Body["text"]!["format"]!["type"], Is.EqualTo("json_schema"));
    }

    private static (string, string) Api => ("Profiles:default:Api", "responses");

    private static FakeReply Reply(bool streamed, params JsonObject[] output) => streamed ? ResponsesReplies.Streamed(output) : ResponsesReplies.Whole(output);

    private async Task TwoTurnsAsync(ILlmActivities first, ILlmActivities second, ModelChoice? other = null)
    {
        var request = await RequestAsync();
        var reply = await CallAsync(first, request);
        var result = new ChatMessage { Role = ChatRoles.Tool, ToolCallId = (await SaidAsync(reply)).ToolCalls.Single().Id, Content = "file" };
        await CallAsync(second, request with { Call = 2, Model = other ?? request.Model, Conversation = await Store.AppendAsync(reply.Conversation, [result], CancellationToken.None) });
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Llm.Apis;

/// <summary>One request, and what it hands back: a stream as the body that it makes up, and of a broken one what had come.</summary>
public sealed class GatewayTests
{
    private static readonly string[] Apis = [ChatApi.ApiName, ResponsesApi.ApiName, MessagesApi.ApiName];

    private FakeModelServer _server = null!;
    private ModelGateway _gateway = null!;

    [SetUp]
    public async Task StartAsync() => (_server, _gateway) = (await FakeModelServer.StartAsync(), new ModelGateway());

    [TearDown]
    public async Task StopAsync()
    {
        _gateway.Dispose();
        await _server.DisposeAsync();
    }

    [TestCaseSource(nameof(Apis))]
    public async Task A_stream_makes_up_the_body_that_would_have_come_without_it(string name)
    {
        var api = ApiChoice.Named(name);
        _server.Then(Whole(api), Streamed(api));

        var (whole, streamed) = (await SendAsync(api), await SendAsync(api));

        var (one, other) = (api.Read(whole.Body, new ReplyForm(1)), api.Read(streamed.Body, new ReplyForm(1)));
        Assert.That((whole.Streamed, streamed.Streamed), Is.EqualTo((false, true)));
        Assert.That(JsonSerializer.Serialize(other), Is.EqualTo(JsonSerializer.Serialize(one)));
        Assert.That(one.Message.Content, Is.EqualTo("Half an answer."));
    }

    [TestCaseSource(nameof(Apis))]
    public async Task A_stream_that_breaks_off_hands_over_what_had_come(string name)
    {
        var api = ApiChoice.Named(name);
        var pieces = Streamed(api).Pieces!.ToList();
        var kept = pieces.FindIndex(piece => piece.Contains("Half", StringComparison.Ordinal)) + 1;

        // A reset takes what was not read yet with it, so it comes a moment later.
        _server.Then(
            Streamed(api) with { Pieces = [.. pieces.Take(kept)] },
            Streamed(api) with { Pieces = [.. pieces.Take(kept), ": still there\n\n"], Between = TimeSpan.FromSeconds(0.3), Half = true });

        for (var sent = 0; sent < 2; sent++)
        {
            var broken = await Assert.ThrowsAsync<ChatConnectionException>(() => SendAsync(api));
            Assert.That((broken!.Sent, broken.Final), Is.EqualTo((true, false)));
            Assert.That(broken.Partial, Does.StartWith("Half"));
        }
    }

    [TestCaseSource(nameof(Apis))]
    public async Task An_error_after_some_text_hands_over_both(string name)
    {
        var api = ApiChoice.Named(name);
        var pieces = Streamed(api).Pieces!.ToList();
        var kept = pieces.FindIndex(piece => piece.Contains("Half", StringComparison.Ordinal)) + 1;
        const string Error = "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Too much.\"}}\n\n";
        _server.Then(Streamed(api) with { Pieces = [.. pieces.Take(kept), Error] });

        var reply = await SendAsync(api);

        Assert.That((string?)JsonNode.Parse(reply.Body)!["error"]!["message"], Is.EqualTo("Too much."));
        Assert.That(reply.Partial, Does.StartWith("Half"));
        Assert.That(ErrorMap.Meant(reply).Status, Is.EqualTo(529));
    }

    [TestCaseSource(nameof(Apis))]
    public async Task Headers_of_a_reply_are_handed_over(string name)
    {
        var api = ApiChoice.Named(name);
        _server.Then(Whole(api).WithHeader("X-RateLimit-Remaining-Tokens", "7"));

        Assert.That((await SendAsync(api)).Headers["x-ratelimit-remaining-tokens"], Is.EqualTo("7"));
    }

    [TestCase("https://api.anthropic.com", "/v1/messages")]
    [TestCase("https://api.anthropic.com/v1", "/v1/messages")]
    [TestCase("https://api.deepseek.com/anthropic", "/anthropic/v1/messages")]
    public void The_address_of_Messages_has_the_version_once(string baseUrl, string path)
    {
        var address = new ChatHttpRequest(
            new Uri(baseUrl), new MessagesApi(), BinaryData.FromString("{}"), new Dictionary<string, string>(), new Dictionary<string, string>(), ReplyDeadlines.All(TimeSpan.FromSeconds(1))).Address;

        Assert.That(address.AbsolutePath, Is.EqualTo(path));
    }

    private Task<ChatHttpReply> SendAsync(IModelApi api) => _gateway.SendAsync(
        new ChatHttpRequest(
            new Uri(_server.BaseUrl), api, BinaryData.FromString("""{"messages":[]}"""), new Dictionary<string, string>(), new Dictionary<string, string>(),
            ReplyDeadlines.All(TimeSpan.FromSeconds(20))),
        CancellationToken.None);

    private static FakeReply Whole(IModelApi api) => api switch
    {
        ResponsesApi => ResponsesReplies.Whole(ResponsesReplies.Text("Half an answer.")),
        MessagesApi => MessagesReplies.Whole("end_turn", MessagesReplies.Text("Half an answer.")),
        _ => FakeReply.Text("Half an answer."),
    };

    private static FakeReply Streamed(IModelApi api) => api switch
    {
        ResponsesApi => FakeReply.Events(
        [
            ResponsesReplies.Event("response.output_text.delta", new() { ["delta"] = "Half " }),
            ResponsesReplies.Event("response.output_text.delta", new() { ["delta"] = "an answer." }),
            ResponsesReplies.Event("response.completed", new() { ["response"] = ResponsesReplies.Response("completed", ResponsesReplies.Text("Half an answer.")) }),
        ]),
        MessagesApi => MessagesReplies.Streamed("end_turn", MessagesReplies.Text("Half an answer.")),
        _ => FakeReply.Chunks(
            FakeReply.Delta(new() { ["content"] = "Half " }),
            FakeReply.Delta(new() { ["content"] = "an answer." }, "stop"),
            new()
            {
                ["choices"] = new JsonArray(),
                ["usage"] = new JsonObject { ["prompt_tokens"] = 100, ["completion_tokens"] = 10, ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = 20 } },
            }),
    };
}

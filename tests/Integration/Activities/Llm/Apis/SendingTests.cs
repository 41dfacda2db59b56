using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Llm.Apis;

/// <summary>What the settings of a profile do to its requests.</summary>
public sealed class SendingTests : LlmTestBase
{
    [TestCase("chat", "/v1/chat/completions")]
    [TestCase("responses", "/v1/responses")]
    [TestCase("messages", "/v1/messages")]
    public async Task Headers_query_and_the_keys_place_reach_every_API_and_the_probe(string api, string path)
    {
        Server.Script = _ => api switch
        {
            "responses" => ResponsesReplies.Streamed(ResponsesReplies.Text("Hi.")),
            "messages" => MessagesReplies.Streamed("end_turn", MessagesReplies.Text("Hi.")),
            _ => FakeReply.Text("Hi."),
        };
        var activities = Activities(
            ("Profiles:default:Api", api),
            ("Profiles:default:KeyHeader", "api-key"),
            ("Profiles:default:KeyPrefix", ""),
            ("Profiles:default:Headers:x-more", "plain"),
            ("Profiles:default:Headers:x-gateway", $"Token {{env:{KeyVariable}}}"),
            ("Profiles:default:Headers:x-absent", "{env:SPARK_TEST_NOBODY_SETS_THIS}"),
            ("Profiles:default:Query:api-version", "2024-10-21 x"));

        await CallAsync(activities, await RequestAsync());
        await NewEnvironment().RunAsync(() => activities.ProbeAsync(new()));

        Assert.That(Server.Requests, Has.Count.EqualTo(2));
        Assert.Multiple(() =>
        {
            foreach (var request in Server.Requests)
            {
                Assert.That(request.Address, Is.EqualTo($"{path}?api-version=2024-10-21%20x"));
                Assert.That((request.Header("api-key"), request.Header("Authorization"), request.Header("x-api-key")), Is.EqualTo((Canary, "", "")));
                Assert.That((request.Header("x-more"), request.Header("x-gateway")), Is.EqualTo(("plain", $"Token {Canary}")));
                Assert.That(request.Headers.ContainsKey("x-absent"), Is.False);
            }
        });
    }

    [Test]
    public async Task A_variable_of_a_header_is_a_secret()
    {
        var variable = $"SPARK_TEST_{Guid.NewGuid():n}";
        Environment.SetEnvironmentVariable(variable, "gateway-secret-1");
        try
        {
            Server.Then(FakeReply.Text("You sent gateway-secret-1."));

            var reply = await CallAsync(Activities(("Profiles:default:Headers:x-gateway", $"{{env:{variable}}}")), await RequestAsync());

            Assert.That(Server.Requests.Single().Header("x-gateway"), Is.EqualTo("gateway-secret-1"));
            Assert.That(reply.Text, Does.Contain(SecretRedactor.Mark).And.Not.Contain("gateway-secret-1"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
        }
    }

    [Test]
    public async Task What_goes_back_to_a_provider_is_masked_too()
    {
        var message = new System.Text.Json.Nodes.JsonObject { ["content"] = "Hi.", ["reasoning_content"] = $"The key is {Canary}." };
        Server.Then(FakeReply.Message(message, "stop"));

        var said = await SaidAsync(await CallAsync(Activities(), await RequestAsync()));

        Assert.That(said.Echo!.Json, Does.Contain(SecretRedactor.Mark).And.Not.Contain(Canary));
        Assert.That(said.Reasoning, Does.Not.Contain(Canary));
    }

    [TestCase("high", "reasoning_effort")]
    public async Task How_hard_the_model_thinks_is_said(string effort, string field)
    {
        await CallAsync(Activities(("Profiles:default:ReasoningEffort", effort)), await RequestAsync());

        Assert.That((string?)Server.Requests.Single().Body[field], Is.EqualTo(effort));
    }

    [Test]
    public async Task Streams_can_be_off()
    {
        var reply = await CallAsync(Activities(("Profiles:default:Stream", "off")), await RequestAsync());

        Assert.That(Server.Requests.Single().Body.ContainsKey("stream"), Is.False);
        Assert.That(reply.FinishReason, Is.EqualTo(FinishReasons.Stop));
    }
}

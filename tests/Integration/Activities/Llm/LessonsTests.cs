using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>Which field a refusal names, in the words of several providers.</summary>
public sealed class LessonsTests
{
    private const string Body = """{"model":"m","messages":[],"max_tokens":10,"store":false,"user_id":"x","top_p":0.5}""";

    [TestCase(400, """{"error":{"message":"Unknown parameter: 'store'.","code":"unknown_parameter","param":"store"}}""", "store", TestName = "OpenAI")]
    [TestCase(400, """{"error":{"message":"x","code":"unsupported_parameter","param":"store"}}""", "store", TestName = "OpenAI, only its param")]
    [TestCase(400, """{"error":{"message":"Unrecognized request argument supplied: store"}}""", "store", TestName = "OpenAI, older")]
    [TestCase(422, """{"detail":[{"type":"extra_forbidden","loc":["body","store"],"msg":"Extra inputs are not permitted","input":false}]}""", "store", TestName = "Mistral")]
    [TestCase(422, """{"message":{"detail":[{"loc":["body","store"],"msg":"Extra inputs are not permitted","type":"extra_forbidden"}]}}""", "store", TestName = "Mistral, inside the message")]
    [TestCase(400, """{"type":"error","error":{"type":"invalid_request_error","message":"store: Extra inputs are not permitted"}}""", "store", TestName = "Anthropic")]
    [TestCase(400, """{"error":{"message":"property 'store' is unsupported"}}""", "store", TestName = "Groq")]
    [TestCase(400, """{"error":"json: unknown field \"store\""}""", "store", TestName = "a server in Go")]
    [TestCase(400, """[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \"store\": Cannot find field."}}]""", "store", TestName = "Gemini")]
    [TestCase(422, """{"detail":[{"type":"extra_forbidden","loc":["body","messages",0,"assistant","store"],"msg":"x"}]}""", null, TestName = "a field further down")]
    [TestCase(400, """{"error":{"message":"messages.2.store: Extra inputs are not permitted"}}""", null, TestName = "a field of a message")]
    [TestCase(400, """{"error":{"message":"Unknown parameter: 'messages'."}}""", null, TestName = "what every request needs")]
    [TestCase(400, """{"error":{"message":"Unknown parameter: 'top_p'."}}""", null, TestName = "what the settings ask for")]
    [TestCase(400, """{"error":{"message":"Unknown parameter: 'seed'."}}""", null, TestName = "what was not sent")]
    [TestCase(503, """{"error":{"message":"Unknown parameter: 'store'."}}""", null, TestName = "trouble that passes")]
    public void A_field_that_is_not_taken_is_left_out(int status, string body, string? field)
    {
        var form = new BodyForm { BaseUrl = new Uri("http://x/v1"), Model = "m", MaxTokens = 10, ExtraBody = """{"top_p":0.5}""" };

        var lesson = Lessons.Read(new ChatHttpReply(status, body), new LlmProfile(), BinaryData.FromString(Body), form, Request);

        Assert.That(lesson?.Change(EndpointHabits.Habit.Unknown).FieldsLeftOut, Is.EqualTo(field));
    }

    private static LlmRequest Request => new()
    {
        Model = new(), Purpose = "agent", Conversation = new ArtifactRef("", 0, ""), Call = 1, FirstRunId = "r", Task = "t",
    };
}

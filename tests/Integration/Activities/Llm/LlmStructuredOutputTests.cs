using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm;

public sealed class LlmStructuredOutputTests : LlmTestBase
{
    [TestCase(LlmPurposes.Blueprint, "Task blueprint")]
    [TestCase(LlmPurposes.Repair, "Task blueprint")]
    [TestCase(LlmPurposes.Critique, "Critique of a task blueprint")]
    public async Task A_reply_that_has_a_schema_is_asked_for_by_it(string purpose, string title)
    {
        await AskAsync(purpose);

        var format = Server.Requests.Single().Body["response_format"]!;
        Assert.Multiple(() =>
        {
            Assert.That((string?)format["type"], Is.EqualTo("json_schema"));
            Assert.That((string?)format["json_schema"]!["name"], Is.EqualTo(purpose));
            Assert.That((string?)format["json_schema"]!["schema"]!["title"], Does.StartWith(title));
        });
    }

    [TestCase(LlmPurposes.Agent)]
    [TestCase(LlmPurposes.Reflect)]
    [TestCase(LlmPurposes.Distill)]
    public async Task A_reply_that_is_text_is_not(string purpose)
    {
        await AskAsync(purpose);

        Assert.That(Server.Requests.Single().Body.ContainsKey("response_format"), Is.False);
    }

    [TestCase("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.")]
    [TestCase("Unrecognized request argument supplied: response_format")]
    [TestCase("structured outputs are not available")]
    public async Task An_endpoint_that_refuses_a_schema_is_asked_in_words_and_not_tried_again(string words)
    {
        var activities = Activities();
        Server.Then(FakeReply.Error(400, words));

        await AskAsync(LlmPurposes.Blueprint, activities);
        await AskAsync(LlmPurposes.Critique, activities, call: 2);

        Assert.That(Server.Requests.Select(request => request.Body.ContainsKey("response_format")), Is.EqualTo([true, false, false]));
    }

    [Test]
    public async Task Another_refusal_is_no_reason_to_leave_it_out()
    {
        Server.Then(FakeReply.Error(400, "no such thing here"));

        var failure = await FailureAsync(Activities(), await RequestAsync() with { Purpose = LlmPurposes.Blueprint, Tools = false });

        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ModelRefused));
        Assert.That(Server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_profile_turns_it_off()
    {
        await AskAsync(LlmPurposes.Blueprint, Activities(("Profiles:default:StructuredOutput", "off")));

        Assert.That(Server.Requests.Single().Body.ContainsKey("response_format"), Is.False);
    }

    [Test]
    public void The_schemas_are_published_as_files_that_say_what_the_reader_checks()
    {
        var schema = JsonNode.Parse(BlueprintSchema.Json)!;
        Assert.That(schema["required"]!.AsArray().Select(name => (string?)name), Does.Contain("oracle_python").And.Contain("output_path"));
        Assert.That((string?)schema["$schema"], Does.Contain("json-schema.org"));
    }

    private async Task AskAsync(string purpose, ILlmActivities? activities = null, int call = 1) =>
        await CallAsync(activities ?? Activities(), await RequestAsync() with { Purpose = purpose, Tools = false, Call = call });
}

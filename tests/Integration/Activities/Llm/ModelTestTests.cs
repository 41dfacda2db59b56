using Spark.Temporal.Activities.Failures;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>A model is tried with what runs ask of it.</summary>
public sealed class ModelTestTests : LlmTestBase
{
    private static readonly string Numbers = string.Join('\n', Enumerable.Range(1, 300));

    [Test]
    public async Task A_model_that_does_everything_passes_with_its_cost()
    {
        Server.Then(FakeReply.Shell("cat password.txt"));
        Server.Then(FakeReply.Text("It printed blue-4711."));
        Server.Then(FakeReply.Text(Numbers));
        Server.Then(FakeReply.Text("""{"findings":[{"severity":"note","where":"title","message":"None."}]}"""));

        var test = await TestAsync(Activities(("Prices:0:Model", "*"), ("Prices:0:Prompt", "10")));

        Assert.That(test.Steps.Select(step => (step.Name, step.Passed)), Is.EqualTo(new (string, bool?)[] { ("tool call", true), ("second turn", true), ("long reply", true), ("schema", true) }));
        Assert.That((test.Model, test.Api), Is.EqualTo(("scripted", "chat")));
        Assert.That(test.Learned.Select(habit => habit.Name), Is.EqualTo(new[] { "answers-whole" }), "this server streams nothing");
        Assert.That(test.Usage.CostUsd, Is.EqualTo(0.004).Within(1e-12), "400 prompt tokens at 10 dollars a million");
        Assert.That(Server.Requests, Has.Count.EqualTo(4));
        Assert.That(Server.Requests[1].Body.ToString(), Does.Contain("blue-4711"));
        Assert.That(Server.Requests[3].Body["response_format"], Is.Not.Null);
    }

    [Test]
    public async Task What_fails_is_a_finding_and_what_was_learned_is_told()
    {
        Server.Script = request => request.Body["tools"] is not null ? FakeReply.Error(400, "this model does not support tools")
            : request.Body["response_format"] is not null ? FakeReply.Text("""{"other": 1}""")
            : FakeReply.Text("I cannot do that.");

        var test = await TestAsync(Activities());

        Assert.That(test.Steps.Select(step => step.Passed), Is.EqualTo(new bool?[] { false, null, false, false }));
        Assert.That(test.Steps[0].Words, Does.Contain("I cannot do that"));
        Assert.That(test.Steps[1].Words, Does.Contain("not tried"));
        Assert.That(test.Learned.Select(habit => habit.Name), Does.Contain("no-tools"));
        Assert.That(test.Usage.Unpriced, Is.True);
    }

    [Test]
    public async Task A_refused_key_is_told_in_each_step()
    {
        Server.Script = _ => FakeReply.Error(401, "Incorrect API key provided");

        var test = await TestAsync(Activities());

        Assert.That(test.Steps[0].Words, Does.Contain("Incorrect API key provided"));
        Assert.That((test.Api, test.Steps.Count(step => step.Passed == true)), Is.EqualTo(((string?)null, 0)));
    }

    private static Task<ModelTest> TestAsync(ILlmActivities activities) =>
        NewEnvironment().RunAsync(() => StorageFailures.TypedAsync(() => activities.TestAsync(new ModelChoice())));
}

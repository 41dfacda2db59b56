using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Testing;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>Replies across runs: reset, forked, or made again in the place of another.</summary>
public sealed class LlmResetTests : LlmTestBase
{
    [Test]
    public async Task A_reply_kept_under_an_owner_is_found_by_another_workflow_in_its_place()
    {
        var request = await RequestAsync() with { Owner = "attempt-3" };
        var first = await CallAsync(Activities(), request, Run("skill/x/attempt-3", "run-a"));

        var again = await CallAsync(Activities(), request, Run("skill/x/attempt-4", "run-b"));

        Assert.That(again, Is.EqualTo(first with { PaidBy = "run-a" }), "it was paid for by the other run");
        Assert.That(Server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_run_that_was_reset_and_asks_something_else_is_answered_and_the_old_answer_stays()
    {
        Server.Script = request => FakeReply.Text($"reply {request.Number}");
        var (one, other) = (await RequestAsync(User("One thing.")), await RequestAsync(User("Another thing.")));
        var first = await CallAsync(Activities(), one, Run("skill/x", "run-a"));

        var second = await CallAsync(Activities(), other, Run("skill/x", "run-b"));
        var secondAgain = await CallAsync(Activities(), other, Run("skill/x", "run-b"));
        var third = await CallAsync(Activities(), other, Run("skill/x", "run-c"));
        var firstAgain = await CallAsync(Activities(), one, Run("skill/x", "run-c"));

        Assert.That(new[] { first, second, secondAgain, third, firstAgain }.Select(reply => reply.Text), Is.EqualTo(new[] { "reply 1", "reply 2", "reply 2", "reply 2", "reply 1" }));
        Assert.That(Server.CountByIdempotencyKey, Has.Count.EqualTo(2), "another question has another key");
    }

    [Test]
    public async Task Two_runs_that_ask_different_things_at_once_both_keep_their_answers()
    {
        Server.Script = request => FakeReply.Text($"to {request.LastContent}");
        var both = new TaskCompletionSource();
        Server.Then(FakeReply.Text("to One.") with { Until = both.Task });
        var activities = Activities();
        var (one, other) = (await RequestAsync(User("One.")), await RequestAsync(User("Other.")));
        var slow = CallAsync(activities, one, Run("skill/x", "run-a"));
        await Eventually.IsTrueAsync(() => Task.FromResult(Server.Requests.Count == 1), "the first is in flight");

        var quick = await CallAsync(activities, other, Run("skill/x", "run-b"));
        both.SetResult();

        Assert.That((quick.Text, (await slow).Text), Is.EqualTo(("to Other.", "to One.")));
        await CallAsync(Activities(), one, Run("skill/x", "run-a"));
        await CallAsync(Activities(), other, Run("skill/x", "run-b"));
        Assert.That(Server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_reply_of_before_runs_were_noted_is_still_read_and_guarded()
    {
        var request = await RequestAsync();
        var body = await Store.PutTextAsync(FakeReply.Text("old").Body, CancellationToken.None, MediaTypes.Json);
        var hash = ChatBody.RequestHash(request, await Store.ReadConversationAsync(request.Conversation, CancellationToken.None));
        await Store.PutKeyAsync(
            "llm/skill/batch/model/hello-world/attempt-1/first-run/1",
            $$"""{"request_sha256":"{{hash}}","reply":"{{body}}","model":"scripted","purpose":"agent","task":"t","received_at":"2026-01-01T00:00:00Z","usage":{} }""",
            CancellationToken.None);

        var reply = await CallAsync(Activities(), request);
        var failure = await FailureAsync(Activities(), await RequestAsync(User("Another thing.")));

        Assert.That(reply.Text, Is.EqualTo("old"));
        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ReplyMismatch));
        Assert.That(Server.Requests, Is.Empty);
    }

    private static ActivityEnvironment Run(string workflow, string run) =>
        new() { Info = ActivityEnvironment.DefaultInfo with { WorkflowId = workflow, WorkflowRunId = run } };
}

using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Prompts;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Replies that are no end in good order: the agent is asked to go on a few times, then what its container holds is judged.</summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
public sealed class AgentEndTests
{
    private static readonly AttemptInput Input = new()
    {
        TaskDir = "/tasks/answer",
        Agent = AgentNames.Terminal,
        Limits = new AttemptLimits { HostAwaySec = 2, WaitUnitSec = 0.05 },
    };

    private static Task<WorkflowHandle<AttemptWorkflow, AttemptResult>> StartAsync(FakeDeployment deployment) =>
        deployment.Client.StartWorkflowAsync((AttemptWorkflow attempt) => attempt.RunAsync(Input), deployment.Options("attempt"));

    [TestCase(FinishReasons.Stop, 0, null)]
    [TestCase("model_got_bored", 0, null)]
    [TestCase(FinishReasons.Empty, 1, "was empty, also when it was asked")]
    [TestCase(FinishReasons.Length, 3, "token limit again and again")]
    [TestCase(FinishReasons.Repetition, 1, "repeated itself without end")]
    [TestCase(FinishReasons.TextCall, 2, "tool calls as text that could not be read")]
    [TestCase(FinishReasons.ContentFilter, 0, "filter cut")]
    [TestCase(FinishReasons.Refusal, 0, "declined")]
    public async Task An_odd_end_is_asked_about_told_and_then_judged(string reason, int asked, string? note)
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = (_, call, _) => call == 1 ? "$ solve it" : $"{FakeWorld.Ends}{reason}";

        var result = await (await StartAsync(deployment)).GetResultAsync();
        var said = await deployment.Store.ReadConversationAsync(result.Conversation!, CancellationToken.None);

        Assert.Multiple(() =>
        {
            Assert.That((result.Outcome, result.ModelCalls, result.Turns), Is.EqualTo((Outcome.Pass, 2 + asked, 1)));
            Assert.That(said.Count(message => message.Content == AgentPrompts.GoOn(reason)), Is.EqualTo(asked));
            Assert.That(result.Notes, note is null ? Is.Empty : Has.Exactly(1).Contains(note));
        });
    }

    [Test]
    public async Task An_agent_that_goes_on_when_asked_is_asked_again_another_time()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = (_, call, _) => call is 2 or 4 ? $"{FakeWorld.Ends}{FinishReasons.Empty}" : call == 6 ? "done" : $"$ step {call}";

        var result = await (await StartAsync(deployment)).GetResultAsync();

        Assert.That((result.Outcome, result.ModelCalls, result.Turns, result.Notes.Count), Is.EqualTo((Outcome.Pass, 6, 3, 0)));
    }

    [Test]
    public async Task Replies_that_cannot_be_read_end_the_work_and_what_was_done_is_judged()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = (_, _, _) => "$ solve it";
        deployment.World.Before = (call, _) => call == "llm:agent" && deployment.World.Count("llm:agent") > 1 ? throw Unreadable : Task.CompletedTask;

        var result = await (await StartAsync(deployment)).GetResultAsync();

        Assert.That((result.Outcome, result.Turns), Is.EqualTo((Outcome.Pass, 1)));
        Assert.That(result.Notes, Has.Exactly(1).Contains("could not be read").And.Exactly(1).Contains("no choice"));
    }

    private static ApplicationFailureException Unreadable => new("It holds no choice with a message.", FailureTypes.ModelUnreadable, nonRetryable: true);
}

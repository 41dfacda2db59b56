using System.Collections.Concurrent;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>A budget in dollars and tokens: warned of, stopped at, raised, gone on with in place.</summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
public sealed class SkillBudgetTests
{
    private static Task<WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>> StartAsync(FakeDeployment deployment, double? usd, long? tokens) =>
        deployment.Client.StartWorkflowAsync(
            (SkillGenerationWorkflow run) => run.RunAsync(new SkillGenerationInput
            {
                TaskDir = "/tasks/answer",
                Batch = "batch",
                ModelSlug = "fake",
                OutDir = deployment.OutDir,
                BudgetUsd = usd,
                BudgetTokens = tokens,
            }),
            deployment.Options("skill"));

    private static async Task<SkillProgress> WaitForBudgetAsync(WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult> run)
    {
        var progress = await run.QueryAsync(workflow => workflow.GetProgress());
        await Eventually.IsTrueAsync(
            async () => (progress = await run.QueryAsync(workflow => workflow.GetProgress())).State == "waiting: budget", "the run waits");
        return progress;
    }

    /// <summary>An agent of the given number of commands, then one reply; a reflection and a skill of one call each.</summary>
    private static void Act(FakeWorld world, int commands) => world.Reply = (purpose, call, _) => purpose switch
    {
        LlmPurposes.Agent => call <= commands ? $"$ step {call}" : "I looked at it.",
        LlmPurposes.Reflect => Memos.With("- the number is even", "Try again.", call),
        _ => Memos.Skill,
    };

    [Test]
    public async Task Within_an_attempt_it_stops_before_the_next_paid_step_and_goes_on_in_the_same_container()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        Act(deployment.World, commands: 5);
        deployment.World.CostPerCall = 1;
        var run = await StartAsync(deployment, usd: 3, tokens: null);
        var waiting = await WaitForBudgetAsync(run);
        var calls = deployment.World.Count("llm:");
        var refused = await Assert.ThrowsAsync<WorkflowUpdateFailedException>(
            () => run.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(2.5))));
        var vain = await Assert.ThrowsAsync<WorkflowUpdateFailedException>(() => run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync()));

        await run.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(100)));
        var result = await run.GetResultAsync();

        Assert.Multiple(() =>
        {
            Assert.That(calls, Is.EqualTo(3));
            Assert.That(waiting.CostUsd, Is.EqualTo(3), "what the attempt under way has spent counts");
            Assert.That(waiting.WaitsFor, Is.EqualTo("attempt 1: $3.00 of $3.00 are spent; RaiseBudget goes on"));
            Assert.That(refused!.InnerException!.Message, Is.EqualTo("budget_usd must be above what has been spent, $3.00."));
            Assert.That(vain!.InnerException!.Message, Does.Contain("RaiseBudget goes on, Resume does not"));
            Assert.That(result.Status, Is.EqualTo(SkillRunStatus.Passed));
            Assert.That(result.CostUsd, Is.EqualTo(7), "five turns, the last word, the skill: each paid for once");
            Assert.That(deployment.World.Count("sandbox.start"), Is.EqualTo(2), "the container of the attempt was kept");
        });
    }

    [Test]
    public async Task Between_attempts_it_stops_on_tokens_before_the_reflection_and_pays_for_nothing_twice()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        Act(deployment.World, commands: 0);
        var (failed, passed) = (await deployment.World.VerdictAsync(0, 0, 2), await deployment.World.VerdictAsync(1, 2, 2));
        deployment.World.Verdict = container => container <= 2 ? failed : passed;
        var run = await StartAsync(deployment, usd: 50, tokens: 110);

        // One reply of the agent is 110 tokens: the first attempt is verified before the run stands still.
        var waiting = await WaitForBudgetAsync(run);
        var (calls, verified) = (deployment.World.Count("llm:"), deployment.World.Count("sandbox.verify"));
        await run.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(null, 100_000)));
        var result = await run.GetResultAsync();

        Assert.Multiple(() =>
        {
            Assert.That((calls, verified), Is.EqualTo((1, 1)));
            Assert.That(waiting.WaitsFor, Is.EqualTo("110 of 110 tokens are spent; RaiseBudget goes on"));
            Assert.That(waiting.BudgetUsd, Is.EqualTo(50));
            Assert.That(result.Status, Is.EqualTo(SkillRunStatus.Passed));
            Assert.That(deployment.World.Count("llm:"), Is.EqualTo(4), "attempt, reflection, attempt, skill");
            Assert.That(result.ModelCalls, Is.EqualTo(4));
        });
    }

    [Test]
    public async Task Dollars_on_a_model_without_a_price_wait_at_the_first_reply_and_tokens_go_on()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        Act(deployment.World, commands: 2);
        deployment.World.CostPerCall = 0;
        deployment.World.Tokens = new TokenUsage(100, 10) { Unpriced = true };
        var (flags, reply) = (new ConcurrentQueue<bool>(), deployment.World.Reply);
        deployment.World.Reply = (purpose, call, request) =>
        {
            flags.Enqueue(request.MustBePriced);
            return reply(purpose, call, request);
        };
        var run = await StartAsync(deployment, usd: 3, tokens: null);
        var waiting = await WaitForBudgetAsync(run);
        var calls = flags.ToArray();
        var attributes = (await run.DescribeAsync()).TypedSearchAttributes;
        var details = (await run.QueryAsync<Temporalio.Api.Sdk.V1.WorkflowMetadata>("__temporal_workflow_metadata", [])).CurrentDetails;
        var refused = await Assert.ThrowsAsync<WorkflowUpdateFailedException>(
            () => run.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(25))));

        await run.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(null, 100_000)));
        var result = await run.GetResultAsync();

        Assert.Multiple(() =>
        {
            Assert.That(calls, Is.EqualTo(new[] { true }), "nothing is paid for beyond the reply that showed it, and the worker was told to refuse before that");
            Assert.That(waiting.WaitsFor, Does.Contain("the budget of $3.00 cannot be kept: the model has no price").And.Contain("budget_tokens"));
            Assert.That((waiting.CostUsd, waiting.Unpriced), Is.EqualTo(((double?)null, true)));
            Assert.That(attributes.ContainsKey(SearchAttributes.CostUsd), Is.False);
            Assert.That(details, Does.Contain("unpriced").And.Contain("budget_tokens").And.Not.Contain(@"\$0.00"));
            Assert.That(refused!.InnerException!.Message, Does.Contain("budget_usd cannot be kept"));
            Assert.That((result.Status, result.CostUsd, result.Unpriced), Is.EqualTo((SkillRunStatus.Passed, (double?)null, true)));
        });
    }

    [Test]
    public async Task From_four_fifths_on_it_warns_and_goes_on()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        Act(deployment.World, commands: 8);
        deployment.World.CostPerCall = 1;
        var gate = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call == "llm:agent" && deployment.World.Count("llm:agent") == 9 ? gate.Task : Task.CompletedTask;
        var run = await StartAsync(deployment, usd: 10, tokens: null);
        var progress = await run.QueryAsync(workflow => workflow.GetProgress());
        await Eventually.IsTrueAsync(
            async () => (progress = await run.QueryAsync(workflow => workflow.GetProgress())).BudgetWarning is not null, "the run warns while its attempt works");
        var details = (await run.QueryAsync<Temporalio.Api.Sdk.V1.WorkflowMetadata>("__temporal_workflow_metadata", [])).CurrentDetails;
        gate.SetResult();
        var result = await run.GetResultAsync();

        Assert.Multiple(() =>
        {
            Assert.That(progress.State, Is.EqualTo("running"));
            Assert.That(progress.BudgetWarning, Is.EqualTo("$8.00 of $10.00 are spent"));
            Assert.That(details, Does.Contain(@"**Budget:** \$8.00 of \$10.00 are spent"));
            Assert.That(result.Status, Is.EqualTo(SkillRunStatus.Passed));
        });
    }
}

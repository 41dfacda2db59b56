using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>What a whole batch may spend, counted while its runs spend it, and what lists show of it.</summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BatchBudgetTests : DeploymentFixture
{
    /// <summary>Agent's calls of a run: so many commands and the last word.</summary>
    private const int Commands = 9;

    private protected override void Prepare()
    {
        World.CostPerCall = 1;
        World.Reply = (purpose, _, request) => purpose == LlmPurposes.Distill ? Memos.Skill.Replace("name: answer", $"name: {request.Task}", StringComparison.Ordinal)
            : request.Call <= Commands ? $"$ step {request.Call}" : "done";
    }

    /// <summary>Not only when an attempt ends: it may go on for an hour, and there may be many of them.</summary>
    [TestCase(6.0, null, "of $6.00 are spent; RaiseBudget goes on")]
    [TestCase(null, 660L, "of 660 tokens are spent; RaiseBudget goes on")]
    public async Task It_is_held_in_the_middle_of_attempts_warned_of_before_and_goes_on_where_it_stood(double? dollars, long? tokens, string words)
    {
        World.Before = (call, _) => call == "llm:agent" && World.Count("llm:agent") == 6 ? _gate.Task : Task.CompletedTask;
        var batch = await BatchFiles.StartAsync(_deployment, BatchFiles.Skills(_deployment, "one", "two") with { Parallelism = 1, BudgetUsd = dollars, BudgetTokens = tokens });
        await Eventually.IsTrueAsync(async () => (await BatchFiles.ProgressAsync(batch)).CostUsd == 5, "five calls of the first attempt are known while it asks for the sixth");
        var warned = await BatchFiles.ProgressAsync(batch);
        _gate.SetResult();
        await Eventually.IsTrueAsync(async () => (await BatchFiles.ProgressAsync(batch)).State == RunStates.Budget, "the batch waits");
        var run = _deployment.Client.GetWorkflowHandle<SkillGenerationWorkflow>((await BatchFiles.ProgressAsync(batch)).Open.Single().WorkflowId);
        await Eventually.IsTrueAsync(async () => (await run.QueryAsync(workflow => workflow.GetProgress())).State is RunStates.Budget or RunStates.Paused, "its run stands still");
        var (waiting, calls) = (await BatchFiles.ProgressAsync(batch), World.Count("llm:"));
        var refused = await Assert.ThrowsAsync<WorkflowUpdateFailedException>(() => batch.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(5, 100))));

        await batch.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(dollars * 100, tokens * 100)));

        var result = await batch.GetResultAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(warned.BudgetWarning, Does.Contain("are spent"));
            Assert.That(calls, Is.InRange(6, 7), "the run hears of it while it asks once more at most");
            Assert.That(waiting.CostUsd, Is.InRange(6, calls));
            Assert.That(waiting.Counts.ToCome, Is.EqualTo(1));
            Assert.That(waiting.WaitsFor, Does.EndWith(words));
            Assert.That(refused!.InnerException!.Message, Does.Contain("must be above what has been spent"));
            Assert.That((result.Counts.Passed, World.Count("llm:"), result.CostUsd), Is.EqualTo((2, 2 * (Commands + 2), 2.0 * (Commands + 2))), "each call once");
            Assert.That(World.Count("sandbox.start"), Is.EqualTo(4), "a container for the solution and one for the attempt each: the first was kept");
        }
    }

    [Test]
    public async Task Lists_show_what_has_been_spent_while_attempt_run_and_batch_go_on()
    {
        World.Before = (call, _) => call == "llm:agent" && World.Count("llm:agent") == 4 ? _gate.Task : Task.CompletedTask;
        var input = BatchFiles.Skills(_deployment, "one");
        var batch = await BatchFiles.StartAsync(
            _deployment, input with { Work = new SkillWork(((SkillWork)input.Work).Run with { Limits = new AttemptLimits { NewsSec = 0 } }) });
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("llm:agent") == 4), "three calls are answered");
        var run = (await BatchFiles.ProgressAsync(batch)).Open.Single().WorkflowId;

        foreach (var id in (string[])[$"{run}/attempt-1", run, batch.Id])
        {
            await Eventually.PassesAsync(async () => Assert.That(await ShownAsync(id), Is.EqualTo((3.0, "running")), id));
        }

        _gate.SetResult();
        await batch.GetResultAsync();
        Assert.That(await ShownAsync(batch.Id), Is.EqualTo((11.0, RunStates.Done)));
    }

    /// <summary>Cost and state, as a list shows them.</summary>
    private async Task<(double? Cost, string? State)> ShownAsync(string id)
    {
        var attributes = (await _deployment.Client.GetWorkflowHandle(id).DescribeAsync()).TypedSearchAttributes;
        return (attributes.ContainsKey(SearchAttributes.CostUsd) ? attributes.Get(SearchAttributes.CostUsd) : null, attributes.ContainsKey(SearchAttributes.State) ? attributes.Get(SearchAttributes.State) : null);
    }
}

using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Api.Sdk.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.EndToEnd.TemporalUi;

/// <summary>What the web UI shows of runs that stand still or were ended, and of the batch above them, as they write it themselves.</summary>
[Category("Server")]
public sealed class DetailsTests
{
    private FakeDeployment _deployment = null!;
    private FakeBatch _batch = null!;
    private WorkflowHandle<BatchWorkflow, BatchResult> _run = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _deployment = await FakeDeployment.StartAsync();
        _batch = new FakeBatch(_deployment, $"details-{Guid.NewGuid().ToString("n")[..6]}");
    }

    [TearDown]
    public async Task StopAsync()
    {
        _batch.Release();
        await _deployment.DisposeAsync();
    }

    [Test]
    public async Task A_batch_says_which_run_waits_what_it_has_cost_and_what_may_be_done()
    {
        _run = await _batch.StartAsync(FakeBatch.Poor);
        await SaysAsync(WorkflowIds.Batch(_batch.Name), "**1 run waits**", $"- `{_batch.Id(FakeBatch.Poor)}` · **waiting: budget**", "`SetParallelism` with `{\"parallelism\": 2}`");
        Assert.That((await _run.DescribeAsync()).TypedSearchAttributes.Get(SearchAttributes.CostUsd), Is.GreaterThan(2.5), "the list shows what its open runs have cost");

        await _run.ExecuteUpdateAsync(batch => batch.PauseAsync());
        await SaysAsync(WorkflowIds.Batch(_batch.Name), "**Waits:** paused", "`Resume`, without a value");
        await SaysAsync(_batch.Id(FakeBatch.Poor), $"It goes on with its batch: open `{WorkflowIds.Batch(_batch.Name)}`");
        await _run.ExecuteUpdateAsync(batch => batch.ResumeAsync());
        await SaysAsync(_batch.Id(FakeBatch.Poor), "`RaiseBudget` with `{\"budget_usd\": ");

        await Skill(FakeBatch.Poor).ExecuteUpdateAsync(run => run.RaiseBudgetAsync(new BudgetRequest(25)));
        await SaysAsync(WorkflowIds.Batch(_batch.Name), "**Done** · **1 of 1** ended", "passed after 1 attempt", "results.jsonl");
    }

    [Test]
    public async Task An_attempt_says_the_command_that_runs_and_a_cancelled_run_that_it_was_cancelled_and_what_it_cost()
    {
        _run = await _batch.StartAsync(FakeBatch.Busy);
        var attempt = $"{_batch.Id(FakeBatch.Busy)}/attempt-1";
        await SaysAsync(attempt, "Now: turn 1: python3 solve.py", "*Pending Activities*");
        await Skill(FakeBatch.Busy).ExecuteUpdateAsync(run => run.AddGuidanceAsync(new GuidanceRequest("mind a_b <c>")));
        await SaysAsync(_batch.Id(FakeBatch.Busy), "Attempt 1 of 6 · the agent works: *Relationships* leads to `attempt-1`", @"guidance for the next attempt: mind a\_b \<c>");

        await Skill(FakeBatch.Busy).CancelAsync();

        await Assert.ThatAsync(() => Skill(FakeBatch.Busy).GetResultAsync(), Throws.InstanceOf<WorkflowFailedException>());
        await SaysAsync(_batch.Id(FakeBatch.Busy), "**Cancelled** in attempt 1 of 6");
        await SaysAsync(attempt, "**Cancelled** in: turn 1: python3 solve.py");
        foreach (var id in new[] { attempt, _batch.Id(FakeBatch.Busy) })
        {
            var attributes = (await _deployment.Client.GetWorkflowHandle(id).DescribeAsync()).TypedSearchAttributes;
            Assert.That((attributes.Get(SearchAttributes.State), attributes.Get(SearchAttributes.CostUsd)), Is.EqualTo((RunStates.Cancelled, 0.1)), id);
        }
    }

    private WorkflowHandle<SkillGenerationWorkflow> Skill(string task) => _deployment.Client.GetWorkflowHandle<SkillGenerationWorkflow>(_batch.Id(task));

    private Task SaysAsync(string id, params string[] texts) => Eventually.PassesAsync(
        async () =>
        {
            var metadata = await _deployment.Client.GetWorkflowHandle(id).QueryAsync<WorkflowMetadata>("__temporal_workflow_metadata", []);
            Assert.Multiple(() => texts.ToList().ForEach(text => Assert.That(metadata.CurrentDetails, Does.Contain(text))));
        },
        TimeSpan.FromSeconds(90));
}

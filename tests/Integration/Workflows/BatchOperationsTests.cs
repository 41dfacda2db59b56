using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>What a person may do to a batch that runs, and what becomes of runs that do not report.</summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BatchOperationsTests : DeploymentFixture
{
    private protected override void Prepare() =>
        World.Reply = (purpose, _, request) => purpose == LlmPurposes.Distill ? Memos.Skill.Replace("name: answer", $"name: {request.Task}") : "done";

    [Test]
    public async Task A_paused_batch_lets_its_runs_stand_still_and_starts_nothing()
    {
        HoldFirst("llm:agent");
        var batch = await StartAsync(Skills("one", "two") with { Parallelism = 1 });
        await CalledAsync("llm:agent");
        await batch.ExecuteUpdateAsync(workflow => workflow.PauseAsync());
        var run = _deployment.Client.GetWorkflowHandle<SkillGenerationWorkflow>((await ProgressAsync(batch)).Open.Single().WorkflowId);
        _gate.SetResult();
        await Eventually.IsTrueAsync(async () => (await run.QueryAsync(workflow => workflow.GetProgress())).State == RunStates.Paused, "the open run stands still");
        var paused = await ProgressAsync(batch);

        await batch.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());

        var result = await batch.GetResultAsync();
        Assert.That((paused.State, paused.Counts.ToCome, paused.Counts.Open), Is.EqualTo((RunStates.Paused, 1, 1)));
        Assert.That(result.Counts.Passed, Is.EqualTo(2));
    }

    [Test]
    public async Task The_window_grows_while_it_runs()
    {
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) ? _gate.Task : Task.CompletedTask;
        var batch = await StartAsync(Trials(3) with { Parallelism = 1 });
        await CalledAsync("sandbox.verify");

        await batch.ExecuteUpdateAsync(workflow => workflow.SetParallelismAsync(new ParallelismRequest(3)));

        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.verify") == 3), "three are open");
        _gate.SetResult();
        Assert.That((await batch.GetResultAsync()).Counts.Passed, Is.EqualTo(3));
        await Assert.ThatAsync(() => batch.ExecuteUpdateAsync(workflow => workflow.SetParallelismAsync(new ParallelismRequest(0))), Throws.Exception);
    }

    [Test]
    public async Task The_window_shrinks_as_runs_end_and_stays_small()
    {
        using var permits = new SemaphoreSlim(0);
        World.Before = (call, cancelled) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) ? permits.WaitAsync(cancelled) : Task.CompletedTask;
        var batch = await StartAsync(Trials(7) with { Parallelism = 4 });
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.verify") == 4), "four are open");

        await batch.ExecuteUpdateAsync(workflow => workflow.SetParallelismAsync(new ParallelismRequest(2)));

        var seen = new List<(int Ended, int Open, int Started)>();
        for (var ended = 1; ended <= 5; ended++)
        {
            permits.Release();
            var (most, still) = (Math.Max(2, 4 - ended), ended < 3 ? 4 : ended + 2);
            await Eventually.IsTrueAsync(async () => (await ProgressAsync(batch)).Counts.Ended == ended && World.Count("sandbox.verify") == still, $"{ended} ended");
            var counts = (await ProgressAsync(batch)).Counts;
            seen.Add((counts.Ended, counts.Open, World.Count("sandbox.verify")));
            Assert.That(counts.Open, Is.EqualTo(most));
        }

        permits.Release(2);
        Assert.That((await batch.GetResultAsync()).Counts.Passed, Is.EqualTo(7));
        Assert.That(seen, Is.EqualTo(new[] { (1, 3, 4), (2, 2, 4), (3, 2, 5), (4, 2, 6), (5, 2, 7) }), "ended, open, started so far");
    }

    [Test]
    public async Task A_cancelled_batch_cancels_its_runs_and_still_writes_its_summary()
    {
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) && World.Count("sandbox.verify") > 1 ? _gate.Task : Task.CompletedTask;
        var input = Trials(4) with { Parallelism = 1 };
        var batch = await StartAsync(input);
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.verify") == 2), "the second one runs");

        await batch.CancelAsync();

        var failure = await Assert.ThrowsAsync<WorkflowFailedException>(() => batch.GetResultAsync());
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(_deployment.OutDir, "batches", input.Batch, "summary.json")));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure!.InnerException, Is.InstanceOf<CanceledFailureException>());
            Assert.That(summary.RootElement.GetProperty("cancelled").GetBoolean(), Is.True);
            Assert.That((summary.RootElement.GetProperty("passed").GetInt32(), summary.RootElement.GetProperty("not_run").GetInt32()), Is.EqualTo((1, 2)));
            Assert.That(World.Containers, Is.Empty, "the open run has removed its container");
            Assert.That((await ProgressAsync(batch)).Counts.Cancelled, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task A_cancelled_batch_that_is_named_again_goes_on_with_what_is_not_done()
    {
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) && World.Count("sandbox.verify") == 3 ? _gate.Task : Task.CompletedTask;
        var input = Trials(4) with { Parallelism = 1 };
        var batch = await StartAsync(input);
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.verify") == 3), "the third one runs");
        await batch.CancelAsync();
        await Assert.ThrowsAsync<WorkflowFailedException>(() => batch.GetResultAsync());

        var result = await (await StartAsync(input)).GetResultAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((result.Counts.TakenOver, result.Counts.Passed), Is.EqualTo((2, 2)));
            Assert.That(World.Count("sandbox.verify"), Is.EqualTo(5), "two, the one that was cut off, and two");
            Assert.That(BatchFiles.Results(result).Where(item => item.TakenOverFrom is not null).Select(item => item.TakenOverFrom), Is.All.EqualTo(input.Batch));
        }
    }

    [Test]
    public async Task Items_are_added_to_a_batch_that_runs_once_each()
    {
        HoldFirst("sandbox.verify");
        var batch = await StartAsync(Trials(1));
        await CalledAsync("sandbox.verify");
        var more = new BatchSource { TasksDir = BatchFiles.Tasks(Path.Combine(_deployment.OutDir, "more"), "task-01", "added") };

        var change = await batch.ExecuteUpdateAsync(workflow => workflow.AddItemsAsync(more));
        var again = await batch.ExecuteUpdateAsync(workflow => workflow.AddItemsAsync(more));
        await Assert.ThatAsync(
            () => batch.ExecuteUpdateAsync(workflow => workflow.AddItemsAsync(new BatchSource { TasksDir = "/nowhere" })),
            Throws.InstanceOf<WorkflowUpdateFailedException>().With.InnerException.Message.Contains("/nowhere"));

        _gate.SetResult();
        var result = await batch.GetResultAsync();
        var page = await batch.QueryAsync(workflow => workflow.GetItems(new ItemsRequest(Offset: 1)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((change.Added, again.Added), Is.EqualTo((1, 0)));
            Assert.That(result.Counts.Passed, Is.EqualTo(2));
            Assert.That(page.Items, Is.EqualTo(new[] { new ItemsPageLine(2, ItemState.Passed, "added, nop 1") }));
        }
    }

    [Test]
    public async Task What_is_added_while_the_summary_is_written_still_runs()
    {
        // No file can be written where a folder is: the summary is tried until that has gone.
        var input = Trials(1);
        var inTheWay = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(BatchRun.ResultsPath(input.OutDir, input.Batch))!, "summary.json"));
        var batch = await StartAsync(input);
        await Eventually.IsTrueAsync(
            async () => (await PendingActivities.OfAsync(_deployment.Client, batch.Id)).Any(activity => activity is { ActivityType.Name: "batches.summarize", Attempt: > 1 }),
            "it closes");

        var more = new BatchSource { TasksDir = BatchFiles.Tasks(Path.Combine(_deployment.OutDir, "more"), "added") };
        var change = await batch.ExecuteUpdateAsync(workflow => workflow.AddItemsAsync(more));
        inTheWay.Delete();

        var result = await batch.GetResultAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((change.Added, result.Counts.Passed), Is.EqualTo((1, 2)));
            Assert.That(File.ReadAllText(result.SummaryPath!), Does.Contain("added"));
        }
    }

    [Test]
    public async Task A_run_that_was_terminated_after_the_batch_continued_as_new_is_noticed()
    {
        World.Before = (call, _) => call == "sandbox.verify:container-1" ? _gate.Task : Task.CompletedTask;
        var batch = await StartAsync(Trials(8) with { Parallelism = 2, Tuning = new BatchTuning { HistoryLimit = 30, ReconcileSec = 1 } });
        await Eventually.IsTrueAsync(async () => (await ProgressAsync(batch)) is { Runs: > 0, Counts.Ended: 7 }, "it continued as new, and one run is left");

        await _deployment.Client.GetWorkflowHandle((await ProgressAsync(batch)).Open.Single().WorkflowId).TerminateAsync();

        var result = await batch.GetResultAsync();
        Assert.That(result.Counts, Is.EqualTo(new BatchCounts(8, 0, 0, 7, 0, 1, 0, 0)));
        Assert.That(BatchFiles.Results(result)[^1].Trial!.Error, Does.Contain("did not run to its end"));
    }

    [Test]
    public async Task A_batch_out_of_budget_holds_its_runs_until_it_is_raised()
    {
        var batch = await StartAsync(Skills("one", "two", "three") with { Parallelism = 1, BudgetUsd = 0.03 });
        await Eventually.IsTrueAsync(async () => (await ProgressAsync(batch)).State == RunStates.Budget, "it waits");
        var run = _deployment.Client.GetWorkflowHandle<SkillGenerationWorkflow>((await ProgressAsync(batch)).Open.Single().WorkflowId);
        await Eventually.IsTrueAsync(async () => (await run.QueryAsync(workflow => workflow.GetProgress())).State == RunStates.Budget, "so does its open run");
        var waiting = await ProgressAsync(batch);

        await Assert.ThatAsync(() => batch.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(0.02))), Throws.InstanceOf<WorkflowUpdateFailedException>());
        await batch.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(1)));

        var result = await batch.GetResultAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(waiting.CostUsd, Is.EqualTo(0.03).Within(1e-9), "two calls of the first, one of the second");
            Assert.That(waiting.Counts.ToCome, Is.EqualTo(1));
            Assert.That(result.Counts.Passed, Is.EqualTo(3));
        }
    }

    [Test]
    public async Task What_an_earlier_batch_has_done_is_found_by_content_not_by_name()
    {
        await (await StartAsync(Skills("one", "two"))).GetResultAsync();
        var calls = World.Count("llm:");
        var renamed = Path.Combine(_deployment.OutDir, "renamed");
        BatchFiles.Task(Path.Combine(renamed, "first"), "Write one to /answer.");
        BatchFiles.Task(Path.Combine(renamed, "two"), "Write something else to /answer.");
        var input = Skills() with { Batch = PlainText.Slug(_deployment.Prefix + "second"), Source = new BatchSource { TasksDir = renamed }, Resume = true };

        var result = await (await StartAsync(input, "second")).GetResultAsync();

        var taken = BatchFiles.Results(result).Single(item => item.TakenOverFrom is not null);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Counts, Is.EqualTo(new BatchCounts(2, 0, 0, 1, 0, 0, 0, 1)));
            Assert.That((taken.Item.Name, taken.TakenOverFrom), Is.EqualTo(("first", PlainText.Slug(_deployment.Prefix + "batch"))));
            Assert.That(World.Count("llm:") - calls, Is.EqualTo(2), "only the other one is paid for");
        }
    }

    /// <summary>The first call of this name waits for the gate.</summary>
    private void HoldFirst(string call)
    {
        var seen = 0;
        World.Before = (entered, _) => entered.StartsWith(call, StringComparison.Ordinal) && Interlocked.Increment(ref seen) == 1 ? _gate.Task : Task.CompletedTask;
    }

    private Task CalledAsync(string call) => Eventually.IsTrueAsync(() => Task.FromResult(World.Count(call) > 0), $"{call} was called");

    private static Task<BatchProgress> ProgressAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch) => BatchFiles.ProgressAsync(batch);

    private Task<WorkflowHandle<BatchWorkflow, BatchResult>> StartAsync(BatchInput input, string name = "batch") => BatchFiles.StartAsync(_deployment, input, name);

    private BatchInput Skills(params IEnumerable<string> names) => BatchFiles.Skills(_deployment, names);

    private BatchInput Trials(int tasks) => BatchFiles.Trials(_deployment, tasks);
}

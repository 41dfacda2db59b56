using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>What a batch does when its runs wait: they free their place, and those that wait for the same make it wait as a whole.</summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BatchWaitsTests : DeploymentFixture
{
    private const string Endpoint = "model endpoint default";

    private protected override void Prepare() => World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) ? _gate.Task : Task.CompletedTask;

    [Test]
    public async Task Three_runs_that_wait_for_the_same_make_the_batch_wait_and_one_of_them_tries()
    {
        var (batch, open) = await OpenAsync(tasks: 8, parallelism: 4);

        await WaitAsync(batch, open[0], Endpoint);
        await WaitAsync(batch, open[1], Endpoint);
        await Eventually.IsTrueAsync(async () => (await ProgressAsync(batch)).Counts is { Open: 6, Waiting: 2 }, "two more have their places");
        await WaitAsync(batch, open[2], Endpoint);
        await Eventually.IsTrueAsync(async () => (await ProgressAsync(batch)).State == RunStates.ModelEndpoint, "it waits as a whole");
        var waiting = await ProgressAsync(batch);
        await ToldAsync(batch, (open[1], new HoldRequest(RunStates.ModelEndpoint)), (open[2], new HoldRequest(RunStates.ModelEndpoint)));

        await NewsAsync(batch, open[0], null, null);
        await ToldAsync(
            batch,
            (open[1], new HoldRequest(RunStates.ModelEndpoint)),
            (open[2], new HoldRequest(RunStates.ModelEndpoint)),
            (open[1], new HoldRequest(null, Retry: true)),
            (open[2], new HoldRequest(null, Retry: true)));
        var goesOn = await ProgressAsync(batch);

        _gate.SetResult();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((waiting.Counts.Open, waiting.Counts.Waiting), Is.EqualTo((6, 3)), "no further one has started");
            Assert.That(waiting.WaitsFor, Is.EqualTo(
                $"{Endpoint}: 401 no such key; set OPENAI_API_KEY; 3 runs wait for it, one of them tries again by itself, all of them at once by Resume: spark runs resume {batch.Id}"));
            Assert.That((goesOn.State, goesOn.Counts.Waiting), Is.EqualTo((RunStates.Running, 0)));
            Assert.That((await batch.GetResultAsync()).Counts.Passed, Is.EqualTo(8));
        }
    }

    [Test]
    public async Task Runs_that_wait_for_different_things_hold_up_none()
    {
        var (batch, open) = await OpenAsync(tasks: 6, parallelism: 3);

        await WaitAsync(batch, open[0], "model endpoint a");
        await WaitAsync(batch, open[1], "model endpoint b");
        await NewsAsync(batch, open[2], RunStates.Paused, null);

        await Eventually.IsTrueAsync(async () => (await ProgressAsync(batch)).Counts is { Open: 6, Waiting: 3 }, "the others run");
        Assert.That((await ProgressAsync(batch)).State, Is.EqualTo(RunStates.Running));
        await ToldAsync(batch);
    }

    [Test]
    public async Task Another_run_tries_when_the_one_that_tried_is_gone()
    {
        var (batch, open) = await OpenAsync(tasks: 4, parallelism: 4);
        foreach (var id in open.Take(3))
        {
            await WaitAsync(batch, id, Endpoint);
        }

        await ToldAsync(batch, (open[1], new HoldRequest(RunStates.ModelEndpoint)), (open[2], new HoldRequest(RunStates.ModelEndpoint)));
        await _deployment.Client.GetWorkflowHandle(open[0]).TerminateAsync();

        await ToldAsync(
            batch, (open[1], new HoldRequest(RunStates.ModelEndpoint)), (open[2], new HoldRequest(RunStates.ModelEndpoint)), (open[1], new HoldRequest(null)));
        Assert.That((await ProgressAsync(batch)).State, Is.EqualTo(RunStates.ModelEndpoint), "two still wait");

        await NewsAsync(batch, open[1], RunStates.Paused, null);
        await ToldAsync(
            batch,
            (open[1], new HoldRequest(RunStates.ModelEndpoint)),
            (open[2], new HoldRequest(RunStates.ModelEndpoint)),
            (open[1], new HoldRequest(null)),
            (open[2], new HoldRequest(null)));
    }

    [Test]
    public async Task Resume_reaches_every_open_run_and_a_pause_outlasts_what_only_the_world_was_waited_for()
    {
        var (batch, open) = await OpenAsync(tasks: 3, parallelism: 3);
        await WaitAsync(batch, open[0], Endpoint);
        await WaitAsync(batch, open[1], "engine one");

        await batch.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        await ToldAsync(batch, [.. open.Select(id => (id, new HoldRequest(null, Retry: true)))]);
        Assert.That((await ProgressAsync(batch)).Counts.Waiting, Is.Zero, "they try");

        await batch.ExecuteUpdateAsync(workflow => workflow.PauseAsync());
        await batch.SignalAsync(workflow => workflow.TryAgainAsync());
        await Eventually.IsTrueAsync(
            async () => (await HoldsAsync(batch)).TakeLast(3).All(told => told.Hold == new HoldRequest(RunStates.Paused, Retry: true)), "they are told, and stay paused");
        Assert.That((await ProgressAsync(batch)).State, Is.EqualTo(RunStates.Paused));
    }

    [Test]
    public async Task A_wait_of_the_whole_outlasts_a_run_of_the_batch()
    {
        var (batch, open) = await OpenAsync(tasks: 3, parallelism: 3, new BatchTuning { HistoryLimit = 40 });
        foreach (var id in open)
        {
            await WaitAsync(batch, id, Endpoint);
        }

        for (var usage = 1; (await ProgressAsync(batch)).Runs < 2; usage++)
        {
            await batch.SignalAsync(workflow => workflow.ItemNewsAsync(new ItemNews(open[1], null!, new TokenUsage(usage, 0), RunStates.ModelEndpoint) { Cause = Endpoint }));
        }

        var later = await ProgressAsync(batch);
        await NewsAsync(batch, open[0], null, null);
        await ToldAsync(batch, (open[1], new HoldRequest(null, Retry: true)), (open[2], new HoldRequest(null, Retry: true)));
        Assert.That((later.State, later.Counts.Waiting), Is.EqualTo((RunStates.ModelEndpoint, 3)));
    }

    /// <summary>A paused batch holds its runs; terminated and started again it finds them open, and they would be held for ever.</summary>
    [Test]
    public async Task Runs_that_were_left_open_are_told_anew_what_the_batch_wants_of_them()
    {
        var input = BatchFiles.Trials(_deployment, 2) with { Parallelism = 2 };
        var batch = await BatchFiles.StartAsync(_deployment, input);
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.verify") == 2), "both run");
        var open = (await ProgressAsync(batch)).Open.Select(line => line.WorkflowId).ToList();
        await batch.ExecuteUpdateAsync(workflow => workflow.PauseAsync());
        await ToldAsync(batch, [.. open.Select(id => (id, new HoldRequest(RunStates.Paused)))]);
        await batch.TerminateAsync();

        var again = await BatchFiles.StartAsync(_deployment, input);

        await ToldAsync(again, [.. open.Select(id => (id, new HoldRequest(null, Retry: true)))]);
        _gate.SetResult();
        await Eventually.IsTrueAsync(async () => (await ProgressAsync(again)).Counts.Passed == 2, "both ended");
    }

    /// <summary>What is sent by hand and means nothing must not keep the batch from going on.</summary>
    [Test]
    public async Task Signals_without_sense_change_nothing()
    {
        var (batch, open) = await OpenAsync(tasks: 1, parallelism: 1);
        foreach (var value in new object?[] { null, new { }, new { workflow_id = (string?)null, run_id = (string?)null, usage = (object?)null, state = "passed", words = (string?)null }, 7 })
        {
            await batch.SignalAsync(BatchSignals.ItemEnded, [value]);
            await batch.SignalAsync(BatchSignals.ItemNews, [value]);
        }

        await batch.SignalAsync(BatchSignals.ItemEnded, []);
        await batch.SignalAsync(BatchSignals.ItemEnded, [new { workflow_id = open[0], run_id = "another", state = "failed", words = "x" }]);
        await batch.SignalAsync(BatchSignals.TryAgain, ["unasked"]);

        _gate.SetResult();
        Assert.That((await batch.GetResultAsync()).Counts.Passed, Is.EqualTo(1));
    }

    private async Task<(WorkflowHandle<BatchWorkflow, BatchResult> Batch, IReadOnlyList<string> Open)> OpenAsync(int tasks, int parallelism, BatchTuning? tuning = null)
    {
        var input = BatchFiles.Trials(_deployment, tasks) with { Parallelism = parallelism, Tuning = tuning ?? new() };
        var batch = await BatchFiles.StartAsync(_deployment, input);
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.verify") == parallelism), "the window is full");
        return (batch, [.. (await ProgressAsync(batch)).Open.Select(line => line.WorkflowId)]);
    }

    private static Task WaitAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch, string id, string cause) => NewsAsync(batch, id, RunStates.ModelEndpoint, cause);

    /// <summary>Says what a run says of itself.</summary>
    private static async Task NewsAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch, string id, string? waiting, string? cause)
    {
        var news = new ItemNews(id, null!, TokenUsage.None, waiting) { Cause = cause, Why = cause is null ? null : "401 no such key; set OPENAI_API_KEY" };
        await batch.SignalAsync(workflow => workflow.ItemNewsAsync(news));
    }

    /// <summary>What this run of the batch has told its runs, in this order.</summary>
    private async Task ToldAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch, params (string Id, HoldRequest Hold)[] expected)
    {
        await Eventually.IsTrueAsync(async () => (await HoldsAsync(batch)).Count >= expected.Length, "they are told");
        Assert.That(await HoldsAsync(batch), Is.EqualTo(expected));
    }

    private Task<IReadOnlyList<(string Id, HoldRequest Hold)>> HoldsAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch) => BatchFiles.HoldsAsync(_deployment, batch);

    private static Task<BatchProgress> ProgressAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch) => BatchFiles.ProgressAsync(batch);
}

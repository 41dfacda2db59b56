using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Converters;
using Temporalio.Exceptions;

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

    [Test]
    public async Task A_batch_waits_for_room_on_a_disk_before_it_starts_and_while_it_runs()
    {
        const string Short = "/data: 1.2 GB free, 5 GB needed; make room there";
        World.HostDisks = [Short];
        var batch = await BatchFiles.StartAsync(_deployment, BatchFiles.Trials(_deployment, 3) with { Parallelism = 1, Tuning = new BatchTuning { DiskLookSec = 0.1 } });
        await Eventually.IsTrueAsync(async () => (await ProgressAsync(batch)).State == RunStates.Disk && World.Count("sandbox.disk") > 1, "it looks again and again");
        var before = await ProgressAsync(batch);

        World.HostDisks = [];
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.verify") == 1), "the first one runs");
        World.BatchDisks = [Short];
        await batch.ExecuteUpdateAsync(workflow => workflow.SetParallelismAsync(new ParallelismRequest(2)));
        await Eventually.IsTrueAsync(async () => (await HoldsAsync(batch)).Any(told => told.Hold.Why == RunStates.Disk), "what runs is held before it breaks");
        var open = (await ProgressAsync(batch)).Counts.Open;

        World.BatchDisks = [];
        _gate.SetResult();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((before.Counts.Open, before.WaitsFor), Is.EqualTo((0, Short + "; looked at again every 0.1 s, Resume looks at once")));
            Assert.That(open, Is.EqualTo(1), "no second one has started");
            Assert.That((await batch.GetResultAsync()).Counts.Passed, Is.EqualTo(3));
        }
    }

    [Test]
    public async Task A_disk_that_cannot_be_looked_at_holds_up_nothing()
    {
        World.Before = (call, _) => call is "sandbox.disk" or "batches.disks" ? throw new InvalidOperationException("no such folder") : Task.CompletedTask;

        var result = await (await BatchFiles.StartAsync(_deployment, BatchFiles.Trials(_deployment, 1))).GetResultAsync();

        Assert.That(result.Counts.Passed, Is.EqualTo(1));
    }

    /// <summary>The whole of it with runs that really wait: a key that expires, and is put right.</summary>
    [Test]
    public async Task A_refusing_endpoint_costs_no_attempt_and_no_call_twice_and_one_run_finds_out_that_it_is_back()
    {
        const int Tasks = 6;
        var refuses = true;
        World.Before = (call, _) => refuses && call == "llm:agent"
            ? throw new ApplicationFailureException("401 no such key", FailureTypes.ModelUnauthorized, nonRetryable: true)
            : Task.CompletedTask;
        World.Reply = (purpose, _, request) => purpose == LlmPurposes.Distill ? Memos.Skill.Replace("name: answer", $"name: {request.Task}", StringComparison.Ordinal) : "done";
        var input = BatchFiles.Skills(_deployment, Enumerable.Range(1, Tasks).Select(number => $"task-{number}")) with { Parallelism = 2 };
        input = input with { Work = new SkillWork(((SkillWork)input.Work).Run with { Limits = new AttemptLimits { WaitUnitSec = 0.5 } }) };
        var batch = await BatchFiles.StartAsync(_deployment, input);
        await Eventually.IsTrueAsync(async () => (await ProgressAsync(batch)).State == RunStates.ModelEndpoint, "it waits as a whole");
        var waiting = await ProgressAsync(batch);
        var before = World.Count("llm:agent");
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("llm:agent") >= before + 3), "one run tries");
        var tried = await HoldsAsync(batch);

        refuses = false;
        var refused = World.Count("llm:agent");
        var result = await batch.GetResultAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(waiting.Counts.Open, Is.InRange(3, 4));
            Assert.That(waiting.WaitsFor, Does.StartWith("model endpoint default: attempt 1: 401 no such key; "));
            Assert.That(tried.Select(told => told.Hold.Why), Is.All.EqualTo(RunStates.ModelEndpoint), "the others wait");
            Assert.That(result.Counts.Passed, Is.EqualTo(Tasks));
            Assert.That(BatchFiles.Results(result).Select(item => (item.Skill!.Attempts, item.Skill.InfrastructureFailures, item.Skill.ModelCalls)), Is.All.EqualTo((1, 0, 2)));
            Assert.That((World.Count("llm:agent") - refused, World.Count("llm:distill")), Is.EqualTo((Tasks, Tasks)), "each was paid for once");
        }
    }

    /// <summary>Trials report what they wait for by themselves, and a batch that holds them does not take its own hold for a wait of theirs.</summary>
    [Test]
    public async Task Trials_of_an_evaluation_wait_as_one_too_and_a_pause_of_it_is_no_wait_of_theirs()
    {
        var refuses = true;
        World.Before = (call, _) => refuses && call == "llm:agent"
            ? throw new ApplicationFailureException("401 no such key", FailureTypes.ModelUnauthorized, nonRetryable: true)
            : call.StartsWith("sandbox.run_turn", StringComparison.Ordinal) ? _gate.Task : Task.CompletedTask;
        World.Reply = (_, number, _) => number <= 4 ? "$ ls" : "done";
        var fixture = new EvaluationFixture(_deployment);
        var input = fixture.Input("a", "b", "c", "d") with { Arms = [fixture.Baseline], Parallelism = 4, Limits = new AttemptLimits { WaitUnitSec = 0.5 } };
        var run = await fixture.StartAsync(input);
        async Task<BatchProgress> WindowAsync() => (await run.QueryAsync(workflow => workflow.GetProgress())).Window;
        await Eventually.IsTrueAsync(async () => (await WindowAsync()).State == RunStates.ModelEndpoint, "it waits as a whole");

        refuses = false;
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.run_turn") == 4), "all of them go on");
        await Eventually.IsTrueAsync(async () => await WindowAsync() is { State: RunStates.Running, Counts.Waiting: 0 }, "nothing waits");
        await run.ExecuteUpdateAsync(workflow => workflow.PauseAsync());
        _gate.SetResult();
        await Eventually.IsTrueAsync(
            async () => await _deployment.Client.CountWorkflowsAsync($"SparkBatch = '{input.Batch}' AND WorkflowType = 'AttemptWorkflow' AND SparkState = 'paused'") is { Count: 4 }, "they stand still");
        var paused = await WindowAsync();
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        await run.GetResultAsync();

        Assert.That((paused.State, paused.Counts.Waiting), Is.EqualTo((RunStates.Paused, 0)));
        Assert.That(fixture.Summary().Sums.Single(), Has.Property("Passed").EqualTo(4).And.Property("Infrastructure").EqualTo(0));
    }

    /// <summary>A person need not wait for the next try, and a name that is given again on the command line is word enough.</summary>
    [Test]
    public async Task All_waiting_runs_go_on_at_once_when_a_person_says_so([Values] bool byName)
    {
        var refuses = true;
        World.Before = (call, _) => refuses && call == "llm:agent"
            ? throw new ApplicationFailureException("401 no such key", FailureTypes.ModelUnauthorized, nonRetryable: true)
            : Task.CompletedTask;
        World.Reply = (purpose, _, request) => purpose == LlmPurposes.Distill ? Memos.Skill.Replace("name: answer", $"name: {request.Task}", StringComparison.Ordinal) : "done";
        var batch = await BatchFiles.StartAsync(_deployment, BatchFiles.Skills(_deployment, "one", "two", "three", "four") with { Parallelism = 4 });
        await Eventually.IsTrueAsync(async () => (await ProgressAsync(batch)) is { State: RunStates.ModelEndpoint, Counts.Waiting: 4 }, "all of them wait");

        refuses = false;
        await (byName ? batch.SignalAsync(workflow => workflow.TryAgainAsync()) : batch.ExecuteUpdateAsync(workflow => workflow.ResumeAsync()));

        Assert.That((await batch.GetResultAsync()).Counts.Passed, Is.EqualTo(4));
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

    private async Task<IReadOnlyList<(string Id, HoldRequest Hold)>> HoldsAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch)
    {
        var told = new List<(string, HoldRequest)>();
        await foreach (var entry in batch.FetchHistoryEventsAsync())
        {
            if (entry is { EventType: EventType.SignalExternalWorkflowExecutionInitiated, SignalExternalWorkflowExecutionInitiatedEventAttributes: { SignalName: BatchSignals.Hold } signal })
            {
                told.Add((signal.WorkflowExecution.WorkflowId, await _deployment.Client.Options.DataConverter.ToValueAsync<HoldRequest>(signal.Input.Payloads_[0])));
            }
        }

        return told;
    }

    private static Task<BatchProgress> ProgressAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch) => BatchFiles.ProgressAsync(batch);
}

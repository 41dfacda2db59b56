using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>A batch whose runs really wait for the world, and one that waits for room on a disk.</summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BatchOutageTests : DeploymentFixture
{
    [Test]
    public async Task A_batch_waits_for_room_on_a_disk_before_it_starts_and_while_it_runs()
    {
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) ? _gate.Task : Task.CompletedTask;
        const string Short = "/data: 1.2 GB free, 5 GB needed; make room there";
        World.HostDisks = [Short];
        var batch = await BatchFiles.StartAsync(_deployment, BatchFiles.Trials(_deployment, 3) with { Parallelism = 1, Tuning = new BatchTuning { DiskLookSec = 0.1 } });
        await Eventually.IsTrueAsync(async () => (await BatchFiles.ProgressAsync(batch)).State == RunStates.Disk && World.Count("sandbox.disk") > 1, "it looks again and again");
        var before = await BatchFiles.ProgressAsync(batch);

        World.HostDisks = [];
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.verify") == 1), "the first one runs");
        World.BatchDisks = [Short];
        await batch.ExecuteUpdateAsync(workflow => workflow.SetParallelismAsync(new ParallelismRequest(2)));
        await Eventually.IsTrueAsync(async () => (await BatchFiles.HoldsAsync(_deployment, batch)).Any(told => told.Hold.Why == RunStates.Disk), "what runs is held before it breaks");
        var open = (await BatchFiles.ProgressAsync(batch)).Counts.Open;

        World.BatchDisks = [];
        _gate.SetResult();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((before.Counts.Open, before.WaitsFor), Is.EqualTo((0, Short + "; looked at again every 0.1 s, Resume looks at once")));
            Assert.That(open, Is.EqualTo(1), "no second one has started");
            Assert.That((await batch.GetResultAsync()).Counts.Passed, Is.EqualTo(3));
        }
    }

    [TestCase("batches.record")]
    [TestCase("batches.page")]
    [TestCase("batches.summarize")]
    public async Task Its_own_records_are_waited_for_and_none_is_lost(string activity)
    {
        var away = true;
        _deployment.Around = (name, _) => away && name == activity
            ? throw new ApplicationFailureException("/out cannot be written: Permission denied; give the worker's user the right", FailureTypes.ResultsUnavailable, nonRetryable: true)
            : Task.CompletedTask;
        var batch = await BatchFiles.StartAsync(_deployment, BatchFiles.Trials(_deployment, 3) with { Tuning = new BatchTuning { WaitUnitSec = 3600 } });
        await Eventually.IsTrueAsync(async () => (await BatchFiles.ProgressAsync(batch)).State == RunStates.Results, "it waits");
        var waiting = await BatchFiles.ProgressAsync(batch);

        away = false;
        await batch.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        var result = await batch.GetResultAsync();

        Assert.That(waiting.WaitsFor, Does.Contain("Permission denied").And.Contain("spark runs resume"));
        Assert.That((result.Counts.Passed, BatchFiles.Results(result).Select(item => item.Item.Number).Distinct().Count()), Is.EqualTo((3, 3)));
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
        await Eventually.IsTrueAsync(async () => (await BatchFiles.ProgressAsync(batch)).State == RunStates.ModelEndpoint, "it waits as a whole");
        var waiting = await BatchFiles.ProgressAsync(batch);
        var before = World.Count("llm:agent");
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("llm:agent") >= before + 3), "one run tries");
        var tried = await BatchFiles.HoldsAsync(_deployment, batch);

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
        await Eventually.IsTrueAsync(async () => (await BatchFiles.ProgressAsync(batch)) is { State: RunStates.ModelEndpoint, Counts.Waiting: 4 }, "all of them wait");

        refuses = false;
        await (byName ? batch.SignalAsync(workflow => workflow.TryAgainAsync()) : batch.ExecuteUpdateAsync(workflow => workflow.ResumeAsync()));

        Assert.That((await batch.GetResultAsync()).Counts.Passed, Is.EqualTo(4));
    }
}

using System.Collections.Concurrent;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Api.Enums.V1;
using Temporalio.Converters;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>A batch that was terminated or cancelled and is started again pays for nothing that was paid for before.</summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BatchNamedAgainTests : DeploymentFixture
{
    private readonly ConcurrentDictionary<string, int> _verified = new();

    /// <summary>Keys under which replies are kept: a worker asks an endpoint once for each.</summary>
    private readonly ConcurrentDictionary<(string Owner, string Run, int Call), int> _paid = new();

    private protected override void Prepare() => World.Reply = (purpose, number, request) =>
    {
        _paid.AddOrUpdate((request.Owner ?? ActivityExecutionContext.Current.Info.WorkflowId!, request.FirstRunId, request.Call), 1, (_, seen) => seen + 1);
        return purpose switch
        {
            LlmPurposes.Reflect => Memos.With("- the number is even", "Try again.", number),
            LlmPurposes.Distill => Memos.Skill.Replace("name: answer", $"name: {request.Task}", StringComparison.Ordinal),
            _ => "done",
        };
    };

    [Test]
    public async Task Results_of_runs_that_ended_meanwhile_are_taken_from_the_server()
    {
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) ? _gate.Task : Task.CompletedTask;
        var input = BatchFiles.Skills(_deployment, "one", "two", "three") with { Parallelism = 2 };
        var batch = await BatchFiles.StartAsync(_deployment, input);
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.verify") == 2), "two run");
        var open = (await BatchFiles.ProgressAsync(batch)).Open.Select(line => line.WorkflowId).ToList();
        await batch.TerminateAsync();
        _gate.SetResult();
        foreach (var id in open)
        {
            await _deployment.Client.GetWorkflowHandle(id).GetResultAsync();
        }

        var result = await (await BatchFiles.StartAsync(_deployment, input)).GetResultAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((result.Counts.TakenOver, result.Counts.Passed), Is.EqualTo((2, 1)));
            Assert.That(World.Count("llm:"), Is.EqualTo(6), "an attempt and a skill for each of the three");
            Assert.That(BatchFiles.Results(result).Select(item => (item.Item.Name, item.State, item.Skill?.SkillPath is not null)), Is.EquivalentTo(new[]
            {
                ("one", ItemState.TakenOver, true), ("three", ItemState.TakenOver, true), ("two", ItemState.Passed, true),
            }));
        }
    }

    [Test]
    public async Task A_run_that_was_ended_goes_on_from_its_last_kept_attempt_under_the_key_of_its_first_run([Values] bool terminated)
    {
        await FailAsync("one", times: 1);
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) && World.Count("sandbox.verify") is 2 or 3 ? _gate.Task : Task.CompletedTask;
        var input = BatchFiles.Skills(_deployment, "one") with { Parallelism = 1, Tuning = new BatchTuning { CancelPatienceSec = 60 } };
        var first = await StoppedAsync(input, verified: 2, terminated);
        var second = await StoppedAsync(input, verified: 3, terminated);
        World.Before = (_, _) => Task.CompletedTask;

        var result = await (await BatchFiles.StartAsync(_deployment, input)).GetResultAsync();

        var third = await RunAsync(WorkflowIds.Skill(input.Batch, "fake", "one"));
        var described = await _deployment.Client.GetWorkflowHandle(third.Id).DescribeAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Counts.Passed, Is.EqualTo(1));
            Assert.That((second.Input.Replies, second.Input.Fork?.WorkflowId, second.Input.Fork?.RunId, second.Input.Fork?.Attempt), Is.EqualTo((first.RunId, first.Id, first.RunId, 1)));
            Assert.That((third.Input.Replies, third.Input.Fork?.RunId, third.Input.Fork?.Attempt), Is.EqualTo((first.RunId, second.RunId, 1)));
            Assert.That(World.Count("llm:reflect"), Is.EqualTo(1), "the first attempt is not tried again");
            Assert.That(_paid, Has.Count.EqualTo(4), "two attempts, a reflection and a skill, whatever was ended in between");
            Assert.That(await described.Memo[RunMemo.ForkedFrom].ToValueAsync<string>(), Is.EqualTo(first.Id));
            Assert.That(await described.Memo[RunMemo.ForkedFromAttempt].ToValueAsync<int>(), Is.EqualTo(1));
            Assert.That(BatchFiles.Results(result).Single().Skill!.Attempts, Is.EqualTo(2));
        }
    }

    /// <summary>No attempt was kept: the run starts with its first again, and all that was asked is on the shelf.</summary>
    [Test]
    public async Task A_run_that_was_ended_in_its_first_attempt_asks_for_nothing_again()
    {
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) && World.Count("sandbox.verify") == 1 ? _gate.Task : Task.CompletedTask;
        var input = BatchFiles.Skills(_deployment, "one") with { Parallelism = 1 };
        var first = await StoppedAsync(input, verified: 1, terminated: true);

        var result = await (await BatchFiles.StartAsync(_deployment, input)).GetResultAsync();

        var second = await RunAsync(first.Id);
        Assert.That(result.Counts.Passed, Is.EqualTo(1));
        Assert.That((second.Input.Replies, second.Input.Fork), Is.EqualTo((first.RunId, (SkillFork?)null)));
        Assert.That(_paid, Has.Count.EqualTo(2), "an attempt and a skill");
    }

    [Test]
    public async Task What_failed_stays_failed_until_it_is_retried_as_a_try_of_its_own()
    {
        await FailAsync("one", times: 1);
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) && World.Count("sandbox.verify") == 2 ? _gate.Task : Task.CompletedTask;
        var input = BatchFiles.Skills(_deployment, "one", "two") with { Parallelism = 1 };
        input = input with { Work = new SkillWork(((SkillWork)input.Work).Run with { MaxAttempts = 1 }) };
        await StoppedAsync(input, verified: 2, terminated: false, "two");
        _gate.SetResult();

        var holds = new TaskCompletionSource();
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) && TaskAtWork() == "two" ? holds.Task : Task.CompletedTask;
        var again = await BatchFiles.StartAsync(_deployment, input);
        await Eventually.IsTrueAsync(async () => (await BatchFiles.ProgressAsync(again)).Counts is { Failed: 1, Open: 1 }, "one keeps its result");
        var verified = _verified["one"];
        var change = await again.ExecuteUpdateAsync(workflow => workflow.RetryFailedAsync(new RetryRequest("failed")));
        holds.SetResult();

        var result = await again.GetResultAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((verified, change.Added), Is.EqualTo((1, 1)), "it did not run until it was asked for");
            Assert.That(result.Counts.Passed, Is.EqualTo(2));
            Assert.That(BatchFiles.Results(result).Select(item => (item.Item.Name, item.Item.Try, item.State)), Is.EqualTo(new[]
            {
                ("one", 1, ItemState.Failed), ("two", 1, ItemState.Passed), ("one", 2, ItemState.Passed),
            }));
            Assert.That((await RunAsync(WorkflowIds.Skill(input.Batch, "fake", "one"))).Input, Has.Property("Replies").Null.And.Property("Fork").Null);
        }
    }

    [Test]
    public async Task A_task_that_was_changed_meanwhile_starts_from_nothing()
    {
        await FailAsync("one", times: 1);
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) && World.Count("sandbox.verify") == 2 ? _gate.Task : Task.CompletedTask;
        var input = BatchFiles.Skills(_deployment, "one") with { Parallelism = 1 };
        await StoppedAsync(input, verified: 2, terminated: false);
        BatchFiles.Task(Path.Combine(input.Source.TasksDir!, "one"), "Write something else to /answer.");

        var result = await (await BatchFiles.StartAsync(_deployment, input)).GetResultAsync();

        Assert.That(result.Counts.Passed, Is.EqualTo(1));
        Assert.That((await RunAsync(WorkflowIds.Skill(input.Batch, "fake", "one"))).Input, Has.Property("Replies").Null.And.Property("Fork").Null);
    }

    /// <summary>A try that the infrastructure ended was paid for as far as it came.</summary>
    [Test]
    public async Task Another_try_after_a_failure_of_the_infrastructure_has_the_replies_of_the_one_before([Values] bool byItself)
    {
        World.Before = (call, _) => call == "sandbox.prepare" && TaskAtWork() == "task-01"
            && _verified.AddOrUpdate("task-01", 1, (_, seen) => seen + 1) == 1
                ? throw new ApplicationFailureException("The container was lost.", FailureTypes.SandboxLost, nonRetryable: true)
                : call.StartsWith("sandbox.verify", StringComparison.Ordinal) && TaskAtWork() == "task-02" ? _gate.Task : Task.CompletedTask;
        var input = BatchFiles.Trials(_deployment, 2) with { Parallelism = 1, Tuning = new BatchTuning { Reruns = byItself ? 1 : 0, RerunDelaySec = 0.01 } };
        var batch = await BatchFiles.StartAsync(_deployment, input);
        var id = WorkflowIds.Evaluation(input.Batch, "none", "nop", "task-01", 1);
        await Eventually.IsTrueAsync(async () => (await BatchFiles.ProgressAsync(batch)).Counts is { Infrastructure: 1 } or { Passed: 1 }, "the first one ended");
        if (!byItself)
        {
            await batch.ExecuteUpdateAsync(workflow => workflow.RetryFailedAsync(new RetryRequest("infrastructure")));
        }

        _gate.SetResult();
        var result = await batch.GetResultAsync();

        var runs = await _deployment.Client.ListWorkflowsAsync($"WorkflowId = '{id}'").ToListAsync();
        var first = runs.MinBy(run => run.StartTime)!.RunId;
        Assert.That(result.Counts.Passed, Is.EqualTo(2));
        Assert.That((await InputAsync<AttemptInput>(id)).Replies, Is.EqualTo(new ReplyKey(id, first)));
    }

    [Test]
    public async Task An_evaluation_takes_over_trials_that_ended_meanwhile_and_the_others_have_their_replies()
    {
        var fixture = new EvaluationFixture(_deployment);
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) && TaskAtWork() != "c" ? _gate.Task : Task.CompletedTask;
        var input = fixture.Input("a", "b", "c") with { Arms = [fixture.Baseline], Parallelism = 3 };
        var run = await fixture.StartAsync(input);
        await Eventually.IsTrueAsync(async () => (await run.QueryAsync(workflow => workflow.GetProgress())).Window.Counts is { Open: 2, Passed: 1 }, "two are verified");
        string Id(string task) => WorkflowIds.Evaluation(input.Batch, "fake", "baseline", task, 1);
        await run.TerminateAsync();
        var cut = _deployment.Client.GetWorkflowHandle(Id("b"));
        var first = (await cut.DescribeAsync()).RunId;
        await cut.TerminateAsync();
        _gate.SetResult();
        await _deployment.Client.GetWorkflowHandle(Id("a")).GetResultAsync();

        await (await fixture.StartAsync(input with { Resume = true })).GetResultAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(fixture.Summary().Sums.Single(), Has.Property("Passed").EqualTo(3).And.Property("Scored").EqualTo(3));
            Assert.That(World.Count("sandbox.verify"), Is.EqualTo(4), "only the one that was cut off is tried again");
            Assert.That((await InputAsync<AttemptInput>(Id("b"))).Replies, Is.EqualTo(new ReplyKey(Id("b"), first)));
            Assert.That(_paid, Has.Count.EqualTo(3), "a call for each trial");
        }
    }

    /// <summary>Lets the first verifications of a task fail.</summary>
    private async Task FailAsync(string task, int times)
    {
        var failed = await World.VerdictAsync(0, 0, 1);
        World.Verification = request => World.TaskOf(request.Container) == task && _verified.AddOrUpdate(task, 1, (_, seen) => seen + 1) <= times ? failed : null;
    }

    /// <summary>A batch and its open run that are ended from outside while so many attempts have come to their verifier.</summary>
    private async Task<(string Id, string RunId, SkillGenerationInput Input)> StoppedAsync(BatchInput input, int verified, bool terminated, string task = "one")
    {
        var batch = await BatchFiles.StartAsync(_deployment, input);
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.verify") == verified), "the attempt is verified");
        var run = await RunAsync(WorkflowIds.Skill(input.Batch, "fake", task));
        if (terminated)
        {
            await batch.TerminateAsync();
            await _deployment.Client.GetWorkflowHandle(run.Id).TerminateAsync();
        }
        else
        {
            await batch.CancelAsync();
            await Assert.ThrowsAsync<WorkflowFailedException>(() => batch.GetResultAsync());
        }

        await Eventually.IsTrueAsync(
            async () => !await _deployment.Client.ListWorkflowsAsync($"SparkTask = '{task}' AND SparkBatch = '{input.Batch}' AND ExecutionStatus = 'Running'").AnyAsync(), "all have ended");
        return run;
    }

    private async Task<(string Id, string RunId, SkillGenerationInput Input)> RunAsync(string id) =>
        (id, (await _deployment.Client.GetWorkflowHandle(id).DescribeAsync()).RunId, await InputAsync<SkillGenerationInput>(id));

    private async Task<T> InputAsync<T>(string id)
    {
        await foreach (var entry in _deployment.Client.GetWorkflowHandle(id).FetchHistoryEventsAsync())
        {
            Assert.That(entry.EventType, Is.EqualTo(EventType.WorkflowExecutionStarted));
            return await _deployment.Client.Options.DataConverter.ToValueAsync<T>(entry.WorkflowExecutionStartedEventAttributes.Input.Payloads_[0]);
        }

        throw new InvalidOperationException($"{id} has no history.");
    }

    private static string TaskAtWork() => ActivityExecutionContext.Current.Info.WorkflowId!.Split('/') is [_, _, _, _, var trialTask, _] parts && parts[0] == "eval" ? trialTask
        : ActivityExecutionContext.Current.Info.WorkflowId!.Split('/') is [_, _, _, var task, ..] ? task : "";
}

using System.Collections.Concurrent;
using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Items of a batch that are run again on request.</summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BatchRetryTests : DeploymentFixture
{
    private readonly ConcurrentDictionary<string, int> _starts = new();

    [Test]
    public async Task What_is_tried_again_is_what_was_asked_for_what_failed_what_the_infrastructure_ended_or_both()
    {
        await FirstTimeAsync(failing: "task-02", broken: "task-03");
        var batch = await StartAsync(5);
        await Eventually.IsTrueAsync(async () => (await BatchFiles.ProgressAsync(batch)).Counts is { Passed: 1, Failed: 1, Infrastructure: 1, Open: 1 }, "the first three ended");

        var infrastructure = await RetryAsync(batch, "infrastructure");
        var waiting = (await BatchFiles.ProgressAsync(batch)).Counts;
        var failed = await RetryAsync(batch, "failed");
        var none = await RetryAsync(batch, "all");
        var refused = await Assert.ThrowsAsync<WorkflowUpdateFailedException>(() => RetryAsync(batch, "passed"));

        _gate.SetResult();
        var result = await batch.GetResultAsync();
        using var summary = JsonDocument.Parse(File.ReadAllText(result.SummaryPath!));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((infrastructure, failed, none), Is.EqualTo((new BatchChange(1, 5), new BatchChange(1, 5), new BatchChange(0, 5))));
            Assert.That((waiting.Failed, waiting.Infrastructure, waiting.ToCome), Is.EqualTo((1, 0, 2)), "the failed one stays as it is until it is asked for");
            Assert.That(refused!.InnerException!.Message, Does.StartWith("which is failed, infrastructure or all"));
            Assert.That(result.Counts, Is.EqualTo(new BatchCounts(5, 0, 0, 5, 0, 0, 0, 0)));
            Assert.That(BatchFiles.Results(result).Select(item => (item.Item.Name, item.Item.Try, item.State)), Is.EqualTo(new[]
            {
                ("task-01", 1, ItemState.Passed), ("task-02", 1, ItemState.Failed), ("task-03", 1, ItemState.Infrastructure),
                ("task-04", 1, ItemState.Passed), ("task-05", 1, ItemState.Passed), ("task-03", 2, ItemState.Passed), ("task-02", 2, ItemState.Passed),
            }));
            Assert.That(_starts.OrderBy(start => start.Key, StringComparer.Ordinal).Select(start => start.Value), Is.EqualTo(new[] { 1, 2, 2, 1, 1 }), "starts of each task");
            Assert.That((summary.RootElement.GetProperty("passed").GetInt32(), summary.RootElement.GetProperty("scored").GetInt32()), Is.EqualTo((5, 5)));
        }
    }

    [Test]
    public async Task All_of_them_are_both_kinds_at_once()
    {
        await FirstTimeAsync(failing: "task-02", broken: "task-03");
        var batch = await StartAsync(4);
        await Eventually.IsTrueAsync(async () => (await BatchFiles.ProgressAsync(batch)).Counts is { Failed: 1, Infrastructure: 1, Open: 1 }, "the first three ended");

        var all = await RetryAsync(batch, "all");

        _gate.SetResult();
        Assert.That((all, (await batch.GetResultAsync()).Counts), Is.EqualTo((new BatchChange(2, 4), new BatchCounts(4, 0, 0, 4, 0, 0, 0, 0))));
    }

    /// <summary>What a first try cost stays in the sum when a second one takes its place.</summary>
    [Test]
    public async Task The_summary_has_the_cost_of_every_try()
    {
        var failed = await World.VerdictAsync(0, 0, 1);
        World.Verification = request => World.TaskOf(request.Container) == "one" && _starts.AddOrUpdate("one", 1, (_, seen) => seen + 1) == 1 ? failed : null;
        World.Reply = (purpose, _, request) => purpose switch
        {
            LlmPurposes.Distill => Memos.Skill.Replace("name: answer", $"name: {request.Task}", StringComparison.Ordinal),
            LlmPurposes.Reflect => Memos.With("- the number is even", "Try again.", 1),
            _ => "done",
        };
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) && World.Count("sandbox.verify") == 2 ? _gate.Task : Task.CompletedTask;
        var input = BatchFiles.Skills(_deployment, "one", "two") with { Parallelism = 1 };
        var batch = await BatchFiles.StartAsync(_deployment, input with { Work = new SkillWork(((SkillWork)input.Work).Run with { MaxAttempts = 1 }) });
        await Eventually.IsTrueAsync(async () => (await BatchFiles.ProgressAsync(batch)).Counts.Failed == 1, "the first one failed");
        await RetryAsync(batch, "failed");
        _gate.SetResult();

        var result = await batch.GetResultAsync();

        using var summary = JsonDocument.Parse(File.ReadAllText(result.SummaryPath!));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.CostUsd, Is.EqualTo(0.06).Within(1e-9), "an attempt and a reflection, and twice an attempt and a skill");
            Assert.That(summary.RootElement.GetProperty("cost_usd").GetDouble(), Is.EqualTo(result.CostUsd).Within(1e-9));
            Assert.That(summary.RootElement.GetProperty("model_calls").GetInt32(), Is.EqualTo(6));
            Assert.That(summary.RootElement.GetProperty("results").GetArrayLength(), Is.EqualTo(2), "an entry a task");
        }
    }

    /// <summary>A run that has reported is still open for a moment: the next try waits for it and does not take its end for its own.</summary>
    [Test]
    public async Task A_try_whose_run_before_has_not_closed_yet_waits_for_it()
    {
        var closing = new TaskCompletionSource();
        World.Before = (call, _) => !call.StartsWith("sandbox.verify", StringComparison.Ordinal) ? Task.CompletedTask
            : TaskAtWork() == "task-02" ? _gate.Task : closing.Task;
        var batch = await BatchFiles.StartAsync(_deployment, BatchFiles.Trials(_deployment, 2) with { Parallelism = 2 });
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.verify") == 2), "both are open");
        var open = (await BatchFiles.ProgressAsync(batch)).Open.Single(line => line.Number == 1).WorkflowId;
        var run = (await _deployment.Client.GetWorkflowHandle(open).DescribeAsync()).RunId;
        await batch.SignalAsync(workflow => workflow.ItemEndedAsync(new ItemReport { WorkflowId = open, RunId = run, State = ItemState.Failed, Words = "failed" }));

        await RetryAsync(batch, "failed");
        await Eventually.IsTrueAsync(async () => (await BatchFiles.ProgressAsync(batch)).Counts is { Open: 2, Failed: 0 }, "it is to run again");
        closing.SetResult();
        await Eventually.IsTrueAsync(async () => (await BatchFiles.ProgressAsync(batch)).Counts.Passed == 1, "it has run again");
        _gate.SetResult();

        var result = await batch.GetResultAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                BatchFiles.Results(result).Select(item => (item.Item.Number, item.Item.Try, item.State)),
                Is.EqualTo(new[] { (1, 1, ItemState.Failed), (1, 2, ItemState.Passed), (2, 1, ItemState.Passed) }));
            Assert.That(World.Count("sandbox.verify"), Is.EqualTo(3), "the second try has really run");
        }
    }

    /// <summary>The summary is being written: whoever is told that an item will run again may rely on it.</summary>
    [Test]
    public async Task What_is_asked_for_while_the_batch_closes_is_done_before_it_ends()
    {
        await FirstTimeAsync(failing: "task-01", broken: "");
        var input = BatchFiles.Trials(_deployment, 1);
        var inTheWay = Directory.CreateDirectory(Path.Combine(_deployment.OutDir, "batches", input.Batch, "summary.json"));
        var batch = await BatchFiles.StartAsync(_deployment, input);
        await Eventually.IsTrueAsync(
            async () => (await _deployment.Client.WorkflowService.DescribeWorkflowExecutionAsync(
                    new() { Namespace = _deployment.Client.Options.Namespace, Execution = new() { WorkflowId = batch.Id } }))
                .PendingActivities.Any(pending => pending.ActivityType.Name == "batches.summarize" && pending.Attempt > 1),
            "the summary cannot be written");

        var change = await RetryAsync(batch, "failed");
        inTheWay.Delete();

        var result = await batch.GetResultAsync();
        Assert.That((change.Added, result.Counts), Is.EqualTo((1, new BatchCounts(1, 0, 0, 1, 0, 0, 0, 0))));
    }

    private static Task<BatchChange> RetryAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch, string which) =>
        batch.ExecuteUpdateAsync(workflow => workflow.RetryFailedAsync(new RetryRequest(which)));

    /// <summary>Trials one after another; the fourth waits, so that the batch goes on meanwhile.</summary>
    private Task<WorkflowHandle<BatchWorkflow, BatchResult>> StartAsync(int trials) =>
        BatchFiles.StartAsync(_deployment, BatchFiles.Trials(_deployment, trials) with { Parallelism = 1 });

    /// <summary>Task of the trial whose activity this is.</summary>
    private static string TaskAtWork() => ActivityExecutionContext.Current.Info.WorkflowId!.Split('/') is [.., var name, _] ? name : "";

    /// <summary>Lets one task fail and the infrastructure end another, the first time each; the fourth task waits for the gate.</summary>
    private async Task FirstTimeAsync(string failing, string broken)
    {
        var failed = await World.VerdictAsync(0, 0, 1);
        World.Verification = request => World.TaskOf(request.Container) == failing && _starts[failing] == 1 ? failed : null;
        World.Before = (call, _) =>
        {
            var task = TaskAtWork();
            if (call == "sandbox.prepare" && _starts.AddOrUpdate(task, 1, (_, seen) => seen + 1) == 1 && task == broken)
            {
                throw new ApplicationFailureException("The container was lost.", FailureTypes.SandboxLost, nonRetryable: true);
            }

            return call.StartsWith("sandbox.verify", StringComparison.Ordinal) && task == "task-04" ? _gate.Task : Task.CompletedTask;
        };
    }
}

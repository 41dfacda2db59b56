using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>The sliding window on a real server, over runs whose neighbours are made up.</summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BatchWorkflowTests
{
    private FakeDeployment _deployment = null!;

    private FakeWorld World => _deployment.World;

    [SetUp]
    public async Task StartAsync() => _deployment = await FakeDeployment.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _deployment.DisposeAsync();

    [Test]
    public async Task The_window_is_never_exceeded_and_each_end_counts_once_over_many_runs_of_the_batch()
    {
        var most = 0;
        World.Before = (_, _) =>
        {
            InterlockedMax(ref most, World.Containers.Count);
            return Task.CompletedTask;
        };
        var batch = await StartAsync(Trials(12) with { Parallelism = 3, Tuning = new BatchTuning { HistoryLimit = 25 } });

        var result = await batch.GetResultAsync();

        var progress = await batch.QueryAsync(workflow => workflow.GetProgress());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Counts, Is.EqualTo(new BatchCounts(12, 0, 0, 12, 0, 0, 0, 0)));
            Assert.That(most, Is.InRange(1, 3), "containers open at once");
            Assert.That(progress.Runs, Is.GreaterThan(1), "it continued as new");
            Assert.That(BatchFiles.Results(result).Select(item => item.Item.Number), Is.EquivalentTo(Enumerable.Range(1, 12)));
            Assert.That(World.Count("sandbox.start"), Is.EqualTo(12));
        }
    }

    [Test]
    public async Task A_batch_of_skills_writes_its_results_while_it_runs_and_its_summary_at_the_end()
    {
        World.Reply = (purpose, _, request) => purpose == LlmPurposes.Distill ? Memos.Skill.Replace("name: answer", $"name: {request.Task}") : "done";
        var input = Batch(new SkillWork(Skill()), "one", "two") with { Parallelism = 1 };
        var gate = new TaskCompletionSource();
        var distilled = 0;
        World.Before = (call, _) => call == "llm:distill" && Interlocked.Increment(ref distilled) == 2 ? gate.Task : Task.CompletedTask;
        var batch = await StartAsync(input);
        var path = Path.Combine(_deployment.OutDir, "batches", input.Batch, "results.jsonl");
        await Eventually.IsTrueAsync(() => Task.FromResult(File.Exists(path) && BatchFiles.Results(path).Count == 1), "the first result is there while the second runs");
        gate.SetResult();

        var result = await batch.GetResultAsync();

        using var summary = JsonDocument.Parse(File.ReadAllText(result.SummaryPath!));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Path.GetFileName(result.SummaryPath), Is.EqualTo("pipeline_summary.json"));
            Assert.That(summary.RootElement.GetProperty("passed").GetInt32(), Is.EqualTo(2));
            Assert.That(summary.RootElement.GetProperty("results").EnumerateArray().Select(run => run.GetProperty("task").GetString()), Is.EqualTo(new[] { "one", "two" }));
            Assert.That(BatchFiles.Results(result).All(item => File.Exists(item.Skill!.SkillPath)), Is.True);
            Assert.That(result.CostUsd, Is.EqualTo(0.04).Within(1e-9), "two calls each");
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = most; value > seen && Interlocked.CompareExchange(ref most, value, seen) != seen; seen = most)
        {
        }
    }

    private Task<WorkflowHandle<BatchWorkflow, BatchResult>> StartAsync(BatchInput input) =>
        _deployment.Client.StartWorkflowAsync((BatchWorkflow workflow) => workflow.RunAsync(input), _deployment.Options("batch"));

    private BatchInput Trials(int tasks) => BatchFiles.Trials(_deployment, tasks);

    private BatchInput Batch(BatchWork work, params IEnumerable<string> tasks) => BatchFiles.Input(_deployment, work, tasks);

    private SkillGenerationInput Skill() => new() { TaskDir = "", Batch = "", ModelSlug = "fake", OutDir = _deployment.OutDir };
}

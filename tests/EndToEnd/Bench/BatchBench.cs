using System.Diagnostics;
using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Batches;
using Spark.Temporal.Activities.Versions;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Client;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace Spark.Temporal.Tests.EndToEnd.Bench;

/// <summary>10,000 items through the window, one after another to the last: the batch is the product's, its runs end at once.</summary>
[Explicit]
[NonParallelizable]
[Category("Bench")]
public sealed class BatchBench
{
    private const int Tasks = 10;

    private static int Items => int.Parse(Environment.GetEnvironmentVariable("SPARK_BENCH_ITEMS") ?? "10000", System.Globalization.CultureInfo.InvariantCulture);

    [Test]
    public async Task Ten_thousand_items_through_the_window()
    {
        using var folder = new TemporaryFolder();
        var client = await TemporalServer.NewNamespaceAsync();
        var queue = $"batch-bench-{Guid.NewGuid():n}-{TaskQueues.Workflows}";
        using var worker = new TemporalWorker(client, new TemporalWorkerOptions(queue)
        {
            MaxConcurrentActivities = 50,
        }.AddWorkflow<BatchWorkflow>().AddWorkflow<InstantAttempt>().AddAllActivities<IBatchActivities>(new BatchActivities(new FileArtifactStore(folder["store"])))
            .AddAllActivities<IVersionActivities>(new VersionActivities()));
        using var stop = new CancellationTokenSource();
        var working = worker.ExecuteAsync(stop.Token);
        var clock = Stopwatch.StartNew();
        var input = Input(folder);
        await client.StartWorkflowAsync((BatchWorkflow workflow) => workflow.RunAsync(input), new("batch/bench", queue));
        var batch = client.GetWorkflowHandle<BatchWorkflow, BatchResult>("batch/bench");
        var answers = new List<(double Milliseconds, int Bytes)>();
        using var look = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var ended = batch.GetResultAsync();
        while (!ended.IsCompleted && await look.WaitForNextTickAsync())
        {
            answers.Add(await AskAsync(batch));
        }

        var result = await ended;
        var took = clock.Elapsed;
        var (runs, most) = await HistoriesAsync(client, batch.Id);
        var numbers = BatchFiles.Results(result).Select(line => line.Item.Number).ToList();
        await stop.CancelAsync();
        await Assert.ThatAsync(() => working, Throws.InstanceOf<OperationCanceledException>());

        BenchReport.Keep(
            "batch",
            new($"{Items} items through a window of {input.Parallelism}", Items / took.TotalSeconds, "items/s"),
            new("longest history of the batch", most, "events", 4_000),
            new("times that it continued as new", runs - 1, ""),
            new("items without exactly one result", Enumerable.Range(1, Items).Except(numbers).Count() + (numbers.Count - numbers.Distinct().Count()), "items", 0),
            new("items that its counters have not as passed", Items - result.Counts.Passed, "items", 0),
            new("answer of GetProgress, the median", BenchReport.Median(answers.Select(answer => answer.Milliseconds)), "ms"),
            new("answer of GetProgress, the largest", answers.Max(answer => answer.Bytes), "bytes", 64_000));
    }

    private static BatchInput Input(TemporaryFolder folder) => new()
    {
        Batch = "bench",
        Work = new TrialWork([new TrialTemplate("bench", "none", new AttemptInput { Agent = AgentNames.Nop, Arm = "bench" })], Items / Tasks),
        Source = new BatchSource { TasksDir = BatchFiles.Tasks(folder["tasks"], Enumerable.Range(1, Tasks).Select(number => $"task-{number:00}")) },
        OutDir = folder["out"],
        Parallelism = 50,
    };

    private static async Task<(double Milliseconds, int Bytes)> AskAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch)
    {
        var clock = Stopwatch.StartNew();
        var progress = await batch.QueryAsync(workflow => workflow.GetProgress());
        return (clock.Elapsed.TotalMilliseconds, JsonSerializer.SerializeToUtf8Bytes(progress, SparkJson.Options).Length);
    }

    /// <summary>How many runs the batch had, and the longest history of them.</summary>
    private static async Task<(int Runs, long Most)> HistoriesAsync(ITemporalClient client, string id)
    {
        var lengths = new List<int>();
        await Eventually.PassesAsync(async () =>
        {
            lengths.Clear();
            await foreach (var run in client.ListWorkflowsAsync($"WorkflowId = '{id}' AND ExecutionStatus != 'Running'"))
            {
                lengths.Add(run.HistoryLength);
            }

            Assert.That(lengths.Count(length => length > 0), Is.GreaterThan(0));
        });
        return (lengths.Count, lengths.Max());
    }

    /// <summary>A trial that passes without doing anything, and reports as every run does.</summary>
    [Workflow("AttemptWorkflow")]
    internal sealed class InstantAttempt
    {
        [WorkflowRun]
        public Task<AttemptResult> RunAsync(AttemptInput input) => ParentReports.AroundAsync(
            input.Parent,
            () => Task.FromResult(new AttemptResult { Task = input.TaskDir!, Agent = input.Agent, Outcome = Outcome.Pass, Reward = 1 }),
            () => Task.CompletedTask,
            () => Spark.Temporal.Domain.Conversations.TokenUsage.None);
    }
}

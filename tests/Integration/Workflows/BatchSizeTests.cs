using System.Text.Json;
using Spark.Temporal.Activities.Batches;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>A batch of 10,000 items is as small as any other.</summary>
[Category("Server")]
public sealed class BatchSizeTests
{
    private const int Items = 10_000;
    private const int Left = 32;

    [Test]
    public async Task At_the_end_of_10000_items_it_continues_as_new_within_the_size_of_a_payload()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var trials = BatchFiles.Trials(deployment, 10);
        var input = trials with { Work = ((TrialWork)trials.Work) with { Repeats = Items / 10 }, Parallelism = 8, Tuning = new BatchTuning { HistoryLimit = 60 } };
        var plan = await new BatchPlanner(deployment.Store).PlanAsync(
            new PlanBatchRequest { Batch = input.Batch, OutDir = input.OutDir, Work = input.Work, Source = input.Source }, CancellationToken.None);
        var started = await deployment.Client.StartWorkflowAsync((BatchWorkflow batch) => batch.RunAsync(Late(input, plan)), deployment.Options("batch"));
        var handle = deployment.Client.GetWorkflowHandle<BatchWorkflow, BatchResult>(started.Id);

        var result = await handle.GetResultAsync();

        var last = await HistorySize.OfAsync(deployment.Client, handle);
        var progress = await handle.QueryAsync(batch => batch.GetProgress());
        var most = new ItemsRequest(0, 500);
        var page = await handle.QueryAsync(batch => batch.GetItems(most));
        var answers = Math.Max(Bytes(progress), Bytes(page));
        TestContext.Out.WriteLine($"{last}; runs {progress.Runs}; largest answer of a query {answers} bytes");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Entries, result.Counts.Total, result.Counts.Passed), Is.EqualTo((Items, Items, ((Items - Left) / 2) + Left)));
            Assert.That(progress.Runs, Is.GreaterThan(1), "it continued as new");
            Assert.That(last.LargestPayload, Is.LessThanOrEqualTo(HistoryBoundsTests.LargestPayload), last.LargestEvent);
            Assert.That(answers, Is.LessThanOrEqualTo(HistoryBoundsTests.LargestPayload));
        }
    }

    /// <summary>The batch with all but the last items ended, every other one passed: no two neighbours make a range.</summary>
    private static BatchInput Late(BatchInput input, BatchPlan plan) => input with
    {
        Carry = new BatchCarry
        {
            List = plan.List,
            Entries = plan.Entries,
            Next = Items - Left,
            Open = [],
            Ended = new Dictionary<ItemState, string> { [ItemState.Passed] = EveryOther(1), [ItemState.Failed] = EveryOther(2) },
            Items = plan.Items,
            Parallelism = input.Parallelism,
            Limit = new SpendingLimit(null, null),
            Spent = TokenUsage.None,
            Last = [],
            Sequence = Items - Left,
            StartedAt = DateTime.UtcNow,
            Runs = 1,
        },
    };

    private static string EveryOther(int first) => NumberRanges.Of(Enumerable.Range(0, (Items - Left) / 2).Select(pair => first + (2 * pair)));

    private static int Bytes(object answer) => JsonSerializer.SerializeToUtf8Bytes(answer, SparkJson.Options).Length;
}

using System.Collections.Concurrent;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Batches that wait for the same workers.</summary>
[Category("Server")]
public sealed class BatchFairnessTests
{
    [Test]
    public async Task A_small_batch_does_not_wait_behind_all_of_a_large_one()
    {
        await using var deployment = await FakeDeployment.StartAsync(host: false);
        var order = new ConcurrentQueue<string>();
        deployment.World.Before = (call, _) =>
        {
            if (call.StartsWith("sandbox.start", StringComparison.Ordinal))
            {
                order.Enqueue(ActivityExecutionContext.Current.Info.WorkflowId!.Split('/')[1]);
            }

            return Task.CompletedTask;
        };
        var large = BatchFiles.Trials(deployment, 40) with { Batch = PlainText.Slug(deployment.Prefix + "large"), Parallelism = 40 };
        var small = BatchFiles.Trials(deployment, 2) with { Batch = PlainText.Slug(deployment.Prefix + "small"), Parallelism = 2, Source = new BatchSource { TasksDir = large.Source.TasksDir, Limit = 2 } };
        var first = await deployment.Client.StartWorkflowAsync((BatchWorkflow workflow) => workflow.RunAsync(large), deployment.Options("large"));
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("sandbox.prepare") == 40), "the large one waits for a host");
        var second = await deployment.Client.StartWorkflowAsync((BatchWorkflow workflow) => workflow.RunAsync(small), deployment.Options("small"));
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("sandbox.prepare") == 42), "so does the small one");

        deployment.AddHost(deployment.HostQueue, slots: 1);

        await Task.WhenAll(first.GetResultAsync(), second.GetResultAsync());
        var place = order.ToList().LastIndexOf(small.Batch) + 1;
        Assert.That(order, Has.Count.EqualTo(42));
        Assert.That(place, Is.InRange(2, 20), "place of the small batch's last start among all 42");
    }
}

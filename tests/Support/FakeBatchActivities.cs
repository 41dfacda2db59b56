using Spark.Temporal.Activities.Batches;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Support;

/// <summary>The real activities of batches, with disks that are made up.</summary>
internal sealed class FakeBatchActivities(BatchActivities real, FakeWorld world) : IBatchActivities
{
    public Task<BatchPlan> PlanAsync(PlanBatchRequest request) => real.PlanAsync(request);

    public Task<BatchPlan> RetryAsync(RetryItemsRequest request) => real.RetryAsync(request);

    public Task<BatchPage> ReadPageAsync(ReadBatchPageRequest request) => real.ReadPageAsync(request);

    public Task<BatchRecord> RecordAsync(RecordItemsRequest request) => real.RecordAsync(request);

    public Task<BatchLook> LookAsync(LookRequest request) => real.LookAsync(request);

    public Task<BatchSummaryPath> SummarizeAsync(SummarizeRequest request) => real.SummarizeAsync(request);

    public async Task<DiskReply> DisksAsync(DiskRequest request)
    {
        await world.EnterAsync("batches.disks");
        return new DiskReply(world.BatchDisks);
    }
}

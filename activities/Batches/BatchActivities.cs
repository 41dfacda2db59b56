using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Artifacts.Results;
using Spark.Temporal.Activities.Disks;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Batches;

/// <summary>Lists and results of batches, and a look at their runs.</summary>
internal sealed class BatchActivities(IArtifactStore store, DiskCheck? disks = null) : IBatchActivities
{
    private static CancellationToken Cancelled => ActivityExecutionContext.Current.CancellationToken;

    public async Task<BatchPlan> PlanAsync(PlanBatchRequest request)
    {
        try
        {
            return await new BatchPlanner(store, ActivityExecutionContext.Current.TemporalClient).PlanAsync(request, Cancelled);
        }
        catch (FormatException mistake)
        {
            throw new ApplicationFailureException(mistake.Message, mistake, FailureTypes.InvalidInput, nonRetryable: true);
        }
    }

    public Task<BatchPlan> RetryAsync(RetryItemsRequest request) => new BatchPlanner(store, ActivityExecutionContext.Current.TemporalClient).RetryAsync(request, Cancelled);

    public Task<BatchPage> ReadPageAsync(ReadBatchPageRequest request) => new BatchLists(store).PageAsync(request, Cancelled);

    public Task<BatchRecord> RecordAsync(RecordItemsRequest request) =>
        ResultRefusal.EndAtAsync(() => new BatchResults(store).AppendAsync(request, Cancelled));

    public Task<BatchLook> LookAsync(LookRequest request) => new ClosedRuns(ActivityExecutionContext.Current.TemporalClient).LookAsync(request, Cancelled);

    public async Task<BatchSummaryPath> SummarizeAsync(SummarizeRequest request)
    {
        var leftOut = request.List is { } list ? (await new BatchLists(store).ReadAsync(list, Cancelled)).LeftOut ?? [] : [];
        var summary = BatchSummary.Of(request, await new BatchResults(store).ReadAsync(request.Results, Cancelled), leftOut).Write();
        return new BatchSummaryPath(await ResultRefusal.EndAtAsync(async () =>
        {
            var own = await new ResultFolder(store, BatchResults.Folder(request.OutDir, request.Batch)).WriteResultAsync(BatchSummaryFile.FileName, summary, Cancelled);
            return request.Work == BatchKind.Trials
                ? own
                : await new ResultFolder(store, request.OutDir).WriteResultAsync(BatchSummaryFile.PipelineFileName, summary, Cancelled);
        }))
        { LeftOut = LeftOutTasks.Shortened(leftOut) };
    }

    public Task<DiskReply> DisksAsync(DiskRequest request) => Task.FromResult((disks ?? DiskCheck.Default).OfBatch(request.OutDir));
}

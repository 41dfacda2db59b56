using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>Keeps results, one activity at a time: what ends while it writes goes with the next one.</summary>
/// <param name="input">The batch.</param>
/// <param name="state">What it knows of itself.</param>
internal sealed class ResultWriter(BatchInput input, BatchState state)
{
    /// <summary>Results of one activity: eight of the largest kind are far below the size of a payload.</summary>
    private const int AtOnce = 8;

    private readonly Queue<ItemResult> _pending = new();
    private Task? _writing;

    public ArtifactRef? Results { get; private set; } = input.Carry?.Results;

    public long Exported { get; private set; } = input.Carry?.Exported ?? 0;

    /// <summary>Whether everything is kept. One that failed counts as idle, so that whoever waits finds out.</summary>
    public bool Idle => _writing is null or { IsCompleted: true } && (_pending.Count == 0 || _writing is { IsFaulted: true });

    public void Planned(BatchPlan plan) => (Results, Exported) = (plan.Results, plan.Exported);

    public void Keep(ItemResult result)
    {
        _pending.Enqueue(result);
        if (_writing is null or { IsCompletedSuccessfully: true })
        {
            _writing = WriteAsync();
        }
    }

    /// <summary>Waits until everything is kept.</summary>
    public async Task FlushAsync()
    {
        await Workflow.WaitConditionAsync(() => Idle, CancellationToken.None);
        await (_writing ?? Task.CompletedTask);
    }

    private async Task WriteAsync()
    {
        while (_pending.Count > 0)
        {
            var ended = _pending.Take(AtOnce).ToList();
            var request = new RecordItemsRequest { Batch = input.Batch, OutDir = input.OutDir, Results = Results, Exported = Exported, Ended = ended };
            var record = await BatchRecords.RunAsync(state, (IBatchActivities batches) => batches.RecordAsync(request), $"keep {ended.Count} results");
            (Results, Exported) = (record.Results, record.Exported);
            ended.ForEach(_ => _pending.Dequeue());
        }
    }
}

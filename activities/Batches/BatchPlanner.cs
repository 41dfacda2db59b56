using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Batches;

/// <summary>Makes the list of a batch: its items in order with their digests, and those that need not be done again.</summary>
internal sealed class BatchPlanner(IArtifactStore store)
{
    private readonly BatchLists _lists = new(store);
    private readonly BatchResults _results = new(store);

    /// <exception cref="FormatException">The source gives nothing that can run.</exception>
    public async Task<BatchPlan> PlanAsync(PlanBatchRequest request, CancellationToken cancellationToken)
    {
        var before = request.List is { } list ? await _lists.ReadAsync(list, cancellationToken) : null;
        var there = before is null ? [] : (await _lists.EntriesAsync(before, cancellationToken)).Select(Key).ToHashSet();
        var first = (before?.Items ?? 0) + 1;
        var items = (await ItemsAsync(request, cancellationToken)).Where(item => !there.Contains(Key(item))).Select((item, index) => item with { Number = first + index }).ToList();

        // A batch of this name that was cancelled, or that the server no longer knows, is always continued: its results were paid for.
        var own = BatchResults.Folder(request.OutDir, request.Batch);
        var earlier = await EarlierResults.ReadAsync(
            [BatchResults.Root(request.Source.SharedResults), request.Resume ? BatchResults.Root(request.OutDir) : own], cancellationToken);
        var takenOver = items.Where(item => item.Digest is { } digest && earlier.ContainsKey(digest))
            .Select(item => earlier[item.Digest!] with { Item = item, State = ItemState.TakenOver }).ToList();
        var done = takenOver.Select(result => result.Item.Number).ToHashSet();
        var (reference, written) = await _lists.WriteAsync(before, [.. items.Where(item => !done.Contains(item.Number))], first - 1 + items.Count, cancellationToken);
        var plan = new BatchPlan
        {
            List = reference,
            Entries = written.Entries,
            Items = written.Items,
            TakenOver = NumberRanges.Of(done.Order()),
        };
        if (before is not null)
        {
            return plan;
        }

        var (results, exported) = await _results.StartAsync(request.OutDir, request.Batch, takenOver, cancellationToken);
        return plan with { Results = results, Exported = exported };
    }

    /// <summary>Adds another try of items to a list.</summary>
    public async Task<BatchPlan> RetryAsync(RetryItemsRequest request, CancellationToken cancellationToken)
    {
        var before = await _lists.ReadAsync(request.List, cancellationToken);
        var last = new Dictionary<int, BatchItem>();
        foreach (var item in await _lists.EntriesAsync(before, cancellationToken))
        {
            last[item.Number] = item;
        }

        var again = NumberRanges.Parse(request.Numbers).Where(last.ContainsKey).Select(number => last[number] with { Try = last[number].Try + 1 }).ToList();
        var (reference, written) = await _lists.WriteAsync(before, again, before.Items, cancellationToken);
        return new BatchPlan { List = reference, Entries = written.Entries, Items = written.Items };
    }

    /// <summary>What no two items may share: they would have the same workflow.</summary>
    private static (string Name, string? Template, int Repeat) Key(BatchItem item) => (item.Name, item.Template, item.Repeat);

    private async Task<List<BatchItem>> ItemsAsync(PlanBatchRequest request, CancellationToken cancellationToken) => request.Source.List is { } planned
        ? await _lists.EntriesAsync(await _lists.ReadAsync(planned, cancellationToken), cancellationToken)
        : await ItemSources.Of(request.Work).ItemsAsync(request.Source, cancellationToken);
}

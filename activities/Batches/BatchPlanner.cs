using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

namespace Spark.Temporal.Activities.Batches;

/// <summary>Makes the list of a batch: its items in order with their digests, and those that need not be done again.</summary>
/// <param name="store">Where lists and results are.</param>
/// <param name="client">Asked for earlier runs; null where there is no server.</param>
internal sealed class BatchPlanner(IArtifactStore store, ITemporalClient? client = null)
{
    /// <summary>Notes that a person is shown.</summary>
    private const int MostNotes = 3;

    private readonly BatchLists _lists = new(store);
    private readonly BatchResults _results = new(store);

    /// <exception cref="FormatException">The source gives nothing that can run.</exception>
    public async Task<BatchPlan> PlanAsync(PlanBatchRequest request, CancellationToken cancellationToken)
    {
        var before = request.List is { } list ? await _lists.ReadAsync(list, cancellationToken) : null;
        var there = before is null ? [] : (await _lists.EntriesAsync(before, cancellationToken)).Select(Key).ToHashSet();
        var first = (before?.Items ?? 0) + 1;
        var (sources, leftOut) = await ItemsAsync(request, cancellationToken);
        var items = sources.Where(item => !there.Contains(Key(item))).Select((item, index) => item with { Number = first + index }).ToList();

        // A batch of this name that was cancelled or terminated, or that the server no longer knows, is always continued: its results were paid for.
        var own = BatchResults.Folder(request.OutDir, request.Batch);
        var earlier = await EarlierResults.ReadAsync(
            [BatchResults.Root(request.Source.SharedResults), request.Resume ? BatchResults.Root(request.OutDir) : own], request.Batch, cancellationToken);
        List<ItemResult> takenOver = [.. items.Select(item => earlier.Done(item) is { } done ? done with { Item = item, State = ItemState.TakenOver } : null).OfType<ItemResult>()];
        List<ItemResult> failed = [];
        List<string> notes = [];
        var done = takenOver.Select(result => result.Item.Number).ToHashSet();
        List<BatchItem> left = [];
        var rest = items.Where(item => !done.Contains(item.Number)).ToList();
        var known = await KnownAsync(request, rest, cancellationToken);
        foreach (var item in rest)
        {
            switch (known.GetValueOrDefault(item.Number))
            {
                case { Result: { } result } when EarlierResults.IsDone(result):
                    takenOver.Add(result with { State = ItemState.TakenOver });
                    break;
                case { Result: { State: ItemState.Failed } result }:
                    failed.Add(result);
                    break;
                case { } ended:
                    left.Add(ended.GoesOn(item));
                    notes.AddRange(ended.Note is { } note ? [note] : []);
                    break;
                case null when earlier.Failed(item, WorkflowIds.Item(request.Batch, request.Work, item)) is { } result:
                    failed.Add(result with { Item = item });
                    break;
                default:
                    left.Add(item);
                    break;
            }
        }

        if (before is not null)
        {
            // Asked for by name in a batch that runs: what failed is tried again.
            left = [.. left.Concat(failed.Select(result => result.Item)).OrderBy(item => item.Number)];
            failed = [];
        }

        var (reference, written) = await _lists.WriteAsync(before, left, first - 1 + items.Count, [.. failed.Select(result => result.Item)], leftOut, cancellationToken);
        var plan = new BatchPlan
        {
            List = reference,
            Entries = written.Entries,
            Items = written.Items,
            TakenOver = Numbers(takenOver),
            Failed = Numbers(failed),
            Notes = [.. leftOut.Count > 0 ? [LeftOutTasks.Words(leftOut)] : Array.Empty<string>(), .. notes.Take(MostNotes)],
            LeftOut = LeftOutTasks.Shortened(leftOut),
        };
        if (before is not null)
        {
            return plan;
        }

        var (results, exported) = await _results.StartAsync(request.OutDir, request.Batch, [.. takenOver.Concat(failed).OrderBy(result => result.Item.Number)], cancellationToken);
        return plan with { Results = results, Exported = exported };
    }

    /// <summary>Adds another try of items to a list. One whose run came to no result goes on from what that had.</summary>
    public async Task<BatchPlan> RetryAsync(RetryItemsRequest request, CancellationToken cancellationToken)
    {
        var before = await _lists.ReadAsync(request.List, cancellationToken);
        var last = (await _lists.FailedAsync(before, cancellationToken)).ToDictionary(item => item.Number);
        foreach (var item in await _lists.EntriesAsync(before, cancellationToken))
        {
            last[item.Number] = item;
        }

        var unfinished = NumberRanges.Parse(request.Unfinished).Where(last.ContainsKey).ToHashSet();
        var known = unfinished.Count > 0 && client is not null && request is { Batch: { } batch, Work: { } work }
            ? await new KnownRuns(client, batch, work).OfAsync([.. unfinished.Select(number => last[number])], openToo: true, cancellationToken)
            : new Dictionary<int, KnownRun>();
        var again = NumberRanges.Parse(request.Numbers).Where(last.ContainsKey)
            .Select(number => known.TryGetValue(number, out var run) ? run.GoesOn(last[number]) : unfinished.Contains(number) ? last[number] : last[number] with { Replies = null, Fork = null })
            .Select(item => item with { Try = item.Try + 1 }).ToList();
        var (reference, written) = await _lists.WriteAsync(before, again, before.Items, [], [], cancellationToken);
        return new BatchPlan
        {
            List = reference,
            Entries = written.Entries,
            Items = written.Items,
            Notes = [.. known.Values.Select(run => run.Note).OfType<string>().Order(StringComparer.Ordinal).Take(MostNotes)],
        };
    }

    private static string Numbers(IEnumerable<ItemResult> results) => NumberRanges.Of(results.Select(result => result.Item.Number).Order());

    /// <summary>What the server knows of earlier runs of these items. A batch that has never run is not looked up item by item.</summary>
    private async Task<IReadOnlyDictionary<int, KnownRun>> KnownAsync(PlanBatchRequest request, List<BatchItem> items, CancellationToken cancellationToken)
    {
        if (client is null || items.Count == 0)
        {
            return new Dictionary<int, KnownRun>();
        }

        var runs = new KnownRuns(client, request.Batch, request.Work);
        return File.Exists(Path.Combine(BatchResults.Folder(request.OutDir, request.Batch), BatchResults.FileName)) || await runs.AnyAsync(cancellationToken)
            ? await runs.OfAsync(items, openToo: false, cancellationToken)
            : new Dictionary<int, KnownRun>();
    }

    /// <summary>What no two items may share: they would have the same workflow.</summary>
    private static (string Name, string? Template, int Repeat) Key(BatchItem item) => (item.Name, item.Template, item.Repeat);

    private async Task<(List<BatchItem> Items, IReadOnlyList<LeftOutTasks> LeftOut)> ItemsAsync(PlanBatchRequest request, CancellationToken cancellationToken)
    {
        if (request.Source.List is not { } planned)
        {
            return await ItemSources.Of(request.Work).ItemsAsync(request.Source, cancellationToken);
        }

        var list = await _lists.ReadAsync(planned, cancellationToken);
        return (await _lists.EntriesAsync(list, cancellationToken), list.LeftOut ?? []);
    }
}
